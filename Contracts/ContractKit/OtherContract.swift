// SPDX-License-Identifier: Apache-2.0

/// Another contract of the same chain, by its name there.
///
/// A contract that is already being called further up cannot be called again: the chain gives such a call a code.
public struct OtherContract: Sendable {
    private let name: Text

    public init(_ name: Text) { self.name = name }

    /// Calls and lets the caller judge a failure.
    /// - Parameter arguments: canonical bytes: the method's arguments one after the other.
    public func tryCall(_ method: Text, _ arguments: Bytes = .empty) throws(Failure) -> Outcome {
        if arguments.count > Host.valueBytesMax { throw .valueTooLong }
        return Host.call(name.bytes, method.bytes, arguments)
    }

    /// Calls; the callee's failure becomes this call's own, about the callee's code.
    /// - Throws: `calleeFailed`; `malformed` where the answer is of another type.
    public func call<Answer: Storable>(
        _ method: Text, _ arguments: Bytes = .empty, answer: Answer.Type
    ) throws(Failure) -> Answer {
        try Answer(decoding: call(method, arguments))
    }

    /// Calls; the callee's failure becomes this call's own. Gives the answer's bytes.
    @discardableResult
    public func call(_ method: Text, _ arguments: Bytes = .empty) throws(Failure) -> Bytes {
        switch try tryCall(method, arguments) {
        case .answered(let bytes): return bytes
        case .failed(let code): throw Failure.calleeFailed.about(Text(code))
        }
    }
}
