// SPDX-License-Identifier: Apache-2.0

/// The table a contract fills in `declare`.
///
/// In a chain it is a chain of comparisons: each `method` looks whether it is the one called, and runs. Natively it can
/// be asked instead to write everything down (`Description`).
/// - Spec: KIT-7 (arguments and answers), KIT-9 (dispatch), KIT-10 (description).
public struct Declaration {
    /// What a method may do.
    public enum Kind: Sendable {
        /// Writes state. Who calls it pays for a transaction.
        case change
        /// Only reads; whatever tries to write fails with `viewWrites`.
        case view
    }

    let entry: Entry
    private let called: Bytes
    private var isDone = false
    #if !arch(wasm32)
    public internal(set) var description = Description()
    #endif

    init(_ entry: Entry) {
        self.entry = entry
        called = entry == .call ? Host.text(1) : .empty
    }

    /// True once, where `name` is the method called.
    mutating func isCalled(_ name: StaticString, _ kind: Kind) -> Bool {
        guard entry == .call, !isDone, Bytes(name) == called else { return false }
        isDone = true
        Host.isViewing = kind == .view
        return true
    }

    mutating func isStarting() -> Bool { isEntered(by: .start) }

    private mutating func isEntered(by wanted: Entry) -> Bool {
        guard entry == wanted, !isDone else { return false }
        isDone = true
        Host.isViewing = false
        return true
    }

    /// Checks that something ran. A contract that declares no start takes no argument at its start.
    func finish() throws(Failure) {
        if isDone { return }
        switch entry {
        case .call: throw .unknownMethod
        case .start: if !Host.argument().isEmpty { throw .malformed }
        case .migrate: throw .notNow
        case .describe: break
        }
    }

    func arguments() -> Reader { Reader(Host.argument()) }

    func answer<Answer: Storable>(_ value: Answer) throws(Failure) { try Call.answer(value) }

    /// Methods whose names are known only at run time; comes last. The body gets the name, and fails with
    /// `unknownMethod` where it knows none. It is not held to viewing.
    public mutating func otherwise(do body: (Text) throws(Failure) -> Void) throws(Failure) {
        guard entry == .call, !isDone else { return }
        isDone = true
        try body(Text(utf8: called))
    }

    /// The contract's name, its version as the author counts, and its titles.
    @inline(__always)
    public mutating func title(_ name: StaticString, version: UInt64, zh: StaticString, en: StaticString) {
        #if !arch(wasm32)
        description.name = name
        description.version = version
        description.title = Description.Titles(zh: zh, en: en)
        #endif
    }

    /// A failure of the contract's own, with what it means in both languages.
    @inline(__always)
    public mutating func failure(_ failure: Failure, _ name: StaticString, zh: StaticString, en: StaticString) {
        #if !arch(wasm32)
        description.failures.append(
            Description.FailureText(code: failure.code, name: name, titles: Description.Titles(zh: zh, en: en)))
        #endif
    }

    @inline(__always)
    public mutating func event<Body: Storable>(_ event: Event<Body>, zh: StaticString, en: StaticString) {
        #if !arch(wasm32)
        description.events.append(
            Description.Item(name: event.name, shape: Body.shape, titles: Description.Titles(zh: zh, en: en)))
        #endif
    }

    /// What brings state of an older version into this one's form; runs once, at the upgrade that asks for it.
    public mutating func migration(do body: () throws(Failure) -> Void) throws(Failure) {
        #if !arch(wasm32)
        description.migrates = true
        #endif
        if isEntered(by: .migrate) { try body() }
    }
}
