// SPDX-License-Identifier: Apache-2.0
import Storage
import Synchronization

/// A disk in memory that can be full, holds one opener at a time, and survives each of them.
final class FussyDisk: Sendable {
    private struct State {
        var writesLeft: Int?
        var isOpen = false
        var refusals = 0
    }

    let memory = MemoryStore()
    private let state = Mutex(State())

    /// The write after `count` more ones finds no room, and all after it, until `makeRoom`.
    func fill(after count: Int) { state.withLock { $0.writesLeft = count } }
    func makeRoom() { state.withLock { $0.writesLeft = nil } }
    /// How often there was no room.
    var refusals: Int { state.withLock { $0.refusals } }

    /// Refuses as `RocksStore` does where there is no room to open: a chain would else begin anew, and be halted again
    /// by its first write, for as long as the disk is full.
    func open() throws(StoreError) -> FussyStore {
        if state.withLock({ $0.writesLeft == 0 }) { throw .full(what: "memory") }
        let isFree = state.withLock { state in
            defer { state.isOpen = true }
            return !state.isOpen
        }
        guard isFree else { throw .locked(path: "memory") }
        return FussyStore(disk: self)
    }

    fileprivate func letGo() { state.withLock { $0.isOpen = false } }

    fileprivate func take() throws(StoreError) {
        let hasRoom = state.withLock { state in
            guard let left = state.writesLeft else { return true }
            if left == 0 { state.refusals += 1 }
            state.writesLeft = max(0, left - 1)
            return left > 0
        }
        guard hasRoom else { throw .full(what: "memory") }
    }
}

/// One opening of a `FussyDisk`: once a write has failed, all fail, flushing too (STORE-7).
final class FussyStore: KeyValueStore {
    private let disk: FussyDisk
    private let failure = Mutex<StoreError?>(nil)
    private let isClosed = Mutex(false)

    fileprivate init(disk: FussyDisk) { self.disk = disk }

    private func check() throws(StoreError) {
        if isClosed.withLock({ $0 }) { throw .failed(what: "closed") }
    }

    func value(for key: [UInt8]) throws(StoreError) -> [UInt8]? {
        try check()
        return try disk.memory.value(for: key)
    }

    func values(for keys: [[UInt8]]) throws(StoreError) -> [[UInt8]?] {
        try check()
        return try disk.memory.values(for: keys)
    }

    func scan(
        from start: [UInt8], to end: [UInt8]?, limit: Int, reverse: Bool
    ) throws(StoreError) -> [StoredPair] {
        try check()
        return try disk.memory.scan(from: start, to: end, limit: limit, reverse: reverse)
    }

    func write(_ batch: WriteBatch, durably: Bool) throws(StoreError) {
        try check()
        if let first = failure.withLock({ $0 }) { throw first }
        do {
            try disk.take()
        } catch {
            failure.withLock { $0 = $0 ?? error }
            throw error
        }
        try disk.memory.write(batch, durably: durably)
    }

    func flush() throws(StoreError) {
        try check()
        if let first = failure.withLock({ $0 }) { throw first }
    }

    func close() throws(StoreError) {
        let isFirst = isClosed.withLock { closed in
            defer { closed = true }
            return !closed
        }
        if isFirst { disk.letGo() }
    }
}
