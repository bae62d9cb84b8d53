// SPDX-License-Identifier: Apache-2.0
import ContractKit

/// One call of one contract: what `ContractKit` asks of a chain, answered from a TestChain.
// SAFETY: a frame is reached through the task-local value of the one synchronous call it stands for, and by nobody
// else.
final class TestFrame: ContractWorld, @unchecked Sendable {
    static let noSuchContract: UInt64 = 1203
    static let reentered: UInt64 = 2632
    static let tooDeep: UInt64 = 2621

    var isViewing = false
    private(set) var answer: [UInt8] = []
    private(set) var about: [UInt8] = []
    private let chain: TestChain
    private let name: String
    private let method: String
    private let arguments: [UInt8]
    private let calledBy: String?
    private var eventCount = 0

    init(_ chain: TestChain, _ name: String, method: String, arguments: [UInt8], calledBy: String?) {
        self.chain = chain
        self.name = name
        self.method = method
        self.arguments = arguments
        self.calledBy = calledBy
    }

    func note(_ about: [UInt8]) { self.about = about }

    func get(_ key: [UInt8]) -> [UInt8]? { chain.states[name]?[key] }

    func put(_ key: [UInt8], _ value: [UInt8]) {
        precondition(key.count <= 128 && value.count <= 65_536, "a chain would stop this call: JD-2640")
        chain.states[name]?[key] = value
    }

    func remove(_ key: [UInt8]) { chain.states[name]?[key] = nil }

    func argument() -> [UInt8] { arguments }

    func answer(_ bytes: [UInt8]) { answer = bytes }

    func emit(_ event: [UInt8], _ body: [UInt8]) {
        eventCount += 1
        precondition(eventCount <= TestChain.eventsMax, "a chain would stop a call with more than 32 events")
        chain.record(TestChain.Emitted(contract: name, name: String(decoding: event, as: UTF8.self), body: body))
    }

    func text(_ which: Int) -> [UInt8] {
        switch which {
        case 0: Array(name.utf8)
        case 1: Array(method.utf8)
        case 2: chain.signer.member.bytes.array
        case 3: chain.signer.organization.bytes.array
        case 4: Array((calledBy ?? "").utf8)
        default: chain.name.bytes.array
        }
    }

    func number(_ which: Int) -> UInt64 {
        switch which {
        case 0: chain.height
        case 1: chain.time.milliseconds
        case 2: 1_000_000
        default: UInt64(chain.stack.count)
        }
    }

    func holds(_ role: [UInt8]) -> Bool { chain.signer.roles.contains { $0.bytes.array == role } }

    func call(_ contract: [UInt8], _ method: [UInt8], _ argument: [UInt8]) -> Outcome {
        let callee = String(decoding: contract, as: UTF8.self)
        if chain.contracts[callee] == nil { return .failed(code: TestFrame.noSuchContract) }
        if chain.stack.contains(callee) { return .failed(code: TestFrame.reentered) }
        if chain.stack.count >= TestChain.depthMax { return .failed(code: TestFrame.tooDeep) }
        do throws(TestChain.Refusal) {
            let method = String(decoding: method, as: UTF8.self)
            return .answered(Bytes(try chain.enter(callee, .call, method: method, argument)))
        } catch {
            return .failed(code: UInt64(error.failure.code))
        }
    }

    func digest(_ bytes: [UInt8]) -> [UInt8] { SM3.digest(of: bytes) }

    func trace(_ line: UInt32) {}
}
