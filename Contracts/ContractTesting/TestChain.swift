// SPDX-License-Identifier: Apache-2.0
public import ContractKit

/// A chain for tests: state in memory, callers, roles, blocks and time at will, contracts that call each other.
///
/// It keeps a chain's promises (KIT-9): a failed call undoes all it wrote and all its events, a contract that is being
/// called cannot be called again, keys are each contract's own. It has no gas. Calls take microseconds.
/// - Spec: KIT-13.
public final class TestChain {
    /// Who signs what follows.
    public struct Signer: Sendable, Hashable {
        public var member: Text
        public var organization: Text
        public var roles: [Text]

        public init(_ member: Text, of organization: Text, roles: [Text] = []) {
            self.member = member
            self.organization = organization
            self.roles = roles
        }
    }

    public struct Emitted: Sendable, Hashable {
        public let contract: String
        public let name: String
        public let body: [UInt8]

        public init(contract: String, name: String, body: [UInt8]) {
            self.contract = contract
            self.name = name
            self.body = body
        }
    }

    /// Why a call failed: the code, and what it is about.
    public struct Refusal: Error, Sendable, Hashable {
        public let failure: Failure
        public let about: String

        public init(failure: Failure, about: String) {
            self.failure = failure
            self.about = about
        }
    }

    /// The most events of one call, as on a chain.
    static let eventsMax = 32
    /// How deep contracts may call each other here.
    static let depthMax = 8

    public var signer = Signer("member-1", of: "org-1")
    public private(set) var height: UInt64 = 1
    public private(set) var time = Moment(1_700_000_000_000)
    public let name: Text = "test"
    /// Every event that stands, in order.
    public private(set) var events: [Emitted] = []
    var contracts: [String: any Contract.Type] = [:]
    /// Each contract's keys and values.
    var states: [String: [[UInt8]: [UInt8]]] = [:]
    /// The contracts that are being called, outermost first.
    var stack: [String] = []

    public init() {}

    /// Lets blocks pass, and time.
    public func advance(blocks: UInt64 = 1, milliseconds: UInt64 = 1000) {
        height += blocks
        time = Moment(time.milliseconds + milliseconds)
    }

    /// Puts a contract on the chain and starts it.
    public func install(_ contract: any Contract.Type, as name: String, _ arguments: [UInt8] = []) throws(Refusal) {
        contracts[name] = contract
        states[name] = [:]
        do throws(Refusal) {
            try enter(name, .start, method: "", arguments)
        } catch {
            contracts[name] = nil
            states[name] = nil
            throw error
        }
    }

    /// Replaces a contract's code; its state stays.
    public func upgrade(_ name: String, to contract: any Contract.Type, migrating: Bool) throws(Refusal) {
        let former = contracts[name]
        contracts[name] = contract
        guard migrating else { return }
        do throws(Refusal) {
            try enter(name, .migrate, method: "", [])
        } catch {
            contracts[name] = former
            throw error
        }
    }

    /// Calls a method with canonical argument bytes; gives the answer's.
    @discardableResult
    public func call(_ name: String, _ method: String, bytes: [UInt8]) throws(Refusal) -> [UInt8] {
        try enter(name, .call, method: method, bytes)
    }

    /// What stands under a key of a contract.
    public func stored(_ contract: String, _ key: [UInt8]) -> [UInt8]? { states[contract]?[key] }

    /// A contract's state in the order of its keys.
    public func state(of contract: String) -> [(key: [UInt8], value: [UInt8])] {
        (states[contract] ?? [:]).map { ($0.key, $0.value) }.sorted { $0.0.lexicographicallyPrecedes($1.0) }
    }

    @discardableResult
    func enter(_ name: String, _ entry: Entry, method: String, _ arguments: [UInt8]) throws(Refusal) -> [UInt8] {
        guard let contract = contracts[name] else {
            throw Refusal(failure: Failure(UInt16(TestFrame.noSuchContract)), about: name)
        }
        let before = (states, events)
        let frame = TestFrame(self, name, method: method, arguments: arguments, calledBy: stack.last)
        stack.append(name)
        defer { stack.removeLast() }
        let failure: Failure? = ContractWorlds.$current.withValue(frame) {
            do throws(Failure) {
                try contract.run(entry)
                return nil
            } catch {
                return error
            }
        }
        if let failure {
            (states, events) = before
            throw Refusal(failure: failure, about: String(decoding: frame.about, as: UTF8.self))
        }
        return frame.answer
    }

    func record(_ event: Emitted) { events.append(event) }
}
