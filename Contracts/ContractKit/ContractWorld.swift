// SPDX-License-Identifier: Apache-2.0

#if !arch(wasm32)
/// What stands in for a chain where a contract runs natively: `ContractTesting`'s TestChain is one.
///
/// Every function means what the import of the same name means (KIT-9); keys are the contract's own.
public protocol ContractWorld: AnyObject, Sendable {
    /// True while a method that only views runs.
    var isViewing: Bool { get set }
    /// What the failure that is being thrown is about.
    func note(_ about: [UInt8])
    func get(_ key: [UInt8]) -> [UInt8]?
    func put(_ key: [UInt8], _ value: [UInt8])
    func remove(_ key: [UInt8])
    func argument() -> [UInt8]
    func answer(_ bytes: [UInt8])
    func emit(_ name: [UInt8], _ body: [UInt8])
    func text(_ which: Int) -> [UInt8]
    func number(_ which: Int) -> UInt64
    func holds(_ role: [UInt8]) -> Bool
    func call(_ contract: [UInt8], _ method: [UInt8], _ argument: [UInt8]) -> Outcome
    func digest(_ bytes: [UInt8]) -> [UInt8]
    func trace(_ line: UInt32)
}

/// The world the running test's contract calls reach. A task's own, so tests run side by side.
public enum ContractWorlds {
    @TaskLocal public static var current: (any ContractWorld)?
}
#endif
