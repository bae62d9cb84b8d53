// SPDX-License-Identifier: Apache-2.0
public import ContractKit

/// Typed calls, so that a test reads like a sentence.
extension TestChain {
    /// Signs as someone else from now on.
    public func sign(as member: Text, of organization: Text, roles: [Text] = []) {
        signer = Signer(member, of: organization, roles: roles)
    }

    /// Calls a method whose arguments are these values and whose answer is of this type.
    public func call<each Argument: Storable, Answer: Storable>(
        _ name: String, _ method: String, _ argument: repeat each Argument, answer: Answer.Type
    ) throws -> Answer {
        let bytes = try call(name, method, bytes: arguments(repeat each argument))
        return try Answer(decoding: Bytes(bytes))
    }

    /// Calls a method whose answer does not matter.
    public func call<each Argument: Storable>(
        _ name: String, _ method: String, _ argument: repeat each Argument
    ) throws(Refusal) {
        try call(name, method, bytes: arguments(repeat each argument))
    }

    /// The failure a call ends in; nil where it succeeds.
    public func failure<each Argument: Storable>(
        _ name: String, _ method: String, _ argument: repeat each Argument
    ) -> Failure? {
        do throws(Refusal) {
            try call(name, method, bytes: arguments(repeat each argument))
            return nil
        } catch {
            return error.failure
        }
    }
}

/// Canonical bytes of values one after the other: what a method takes.
public func arguments<each Argument: Storable>(_ argument: repeat each Argument) -> [UInt8] {
    var writer = Writer()
    repeat writer.put(each argument)
    return writer.done().array
}
