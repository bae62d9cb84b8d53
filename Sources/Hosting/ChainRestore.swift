// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
package import Ledger
package import Replication
import ShangMi
package import Storage

/// Makes a chain's directory from a snapshot file: all of it or nothing.
///
/// Everything is made in a folder beside, `NAME.restoring`, which no node looks at; the last step is one `rename`. What
/// is in the way is named and left as it is.
/// - Spec: BACK-6, BACK-7.
package struct ChainRestore: Sendable {
    /// Why nothing was restored.
    package enum Failure: Error, Hashable, Sendable {
        /// The directory holds what no restore may touch.
        case taken(path: String)
        case backup(BackupError)
    }

    /// The chain's directory: `…/chains/NAME`.
    package let directory: String
    private var draft: String { directory + ".restoring" }
    /// What may stand in a directory to be restored into: a validator's safety record is the one thing no snapshot can
    /// bring back, so it stays (BACK-8).
    private static let kept: Set<String> = ["spec", "trust", "safety.a", "safety.b", DiskWatch.fileName]

    package init(directory: String) { self.directory = directory }

    /// The specification in the directory, where one is.
    package var knownSpec: ChainSpec? {
        FileManager.default.contents(atPath: "\(directory)/spec").flatMap { try? ChainSpec(decoding: [UInt8]($0)) }
    }

    /// True where a validator's safety record lies in the directory.
    package var hasSafetyRecord: Bool {
        ["safety.a", "safety.b"].contains { FileManager.default.fileExists(atPath: "\(directory)/\($0)") }
    }

    /// Refuses a directory that is not free, naming what is in the way.
    package func wantFree() throws(Failure) {
        var isFolder: ObjCBool = false
        // SAFETY: Foundation writes one flag into the flag it is given.
        guard unsafe FileManager.default.fileExists(atPath: directory, isDirectory: &isFolder) else { return }
        guard isFolder.boolValue else { throw .taken(path: directory) }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        if let other = names.sorted().first(where: { !ChainRestore.kept.contains($0) }) {
            throw .taken(path: "\(directory)/\(other)")
        }
    }

    /// Installs the state a reader gives, in a store that `openStore` makes at the path it is told.
    ///
    /// - Parameter anchor: laid beside the specification where none lies there: a node hands it out.
    /// - Parameter progress: told how much of all keys is there, of `SnapshotFile.whole`; false gives up,
    ///   and a repeat goes on.
    /// - Throws: `.taken` before anything is written. After any failure the directory is as it was; the folder beside
    ///   is kept where a repeat may go on with it.
    package func run<Source: ByteSource, Store: KeyValueStore>(
        _ reader: inout SnapshotReader<Source>, anchor: TrustAnchor? = nil,
        openStore: (String) throws(StoreError) -> Store,
        progress: (UInt64) -> Bool = { _ in true }
    ) throws(Failure) {
        try wantFree()
        let spec = reader.summary.spec
        if FileManager.default.fileExists(atPath: "\(directory)/spec"), knownSpec != spec {
            throw .taken(path: "\(directory)/spec")
        }
        do throws(BackupError) {
            try makeFolder(draft)
            let store = try open(openStore, for: reader.offer.offer.value)
            do throws(BackupError) {
                try SnapshotFile.install(&reader, into: store, progress: progress)
            } catch {
                try? store.close()
                // What a bad file left is of no use; what a full disk or an impatient person left is.
                if error.stable != nil { try? FileManager.default.removeItem(atPath: draft) }
                throw error
            }
            do throws(StoreError) { try store.close() } catch { throw BackupError.store(error) }
            var files = ["spec": spec.encoded]
            files["trust"] = anchor?.encoded
            for (name, bytes) in files { try write(bytes, to: "\(draft)/\(name)") }
            try moveIn(files)
        } catch {
            throw .backup(error)
        }
    }

    /// Opens the store of an earlier attempt at the same state, or a fresh one.
    private func open<Store: KeyValueStore>(
        _ openStore: (String) throws(StoreError) -> Store, for offer: SnapshotOffer
    ) throws(BackupError) -> Store {
        do throws(StoreError) {
            do throws(StoreError) {
                let store = try openStore("\(draft)/store")
                if try goesOn(store, for: offer) { return store }
                try store.close()
            } catch {
                // Only what is damaged is thrown away: another process may be restoring there now.
                guard case .corrupt = error else { throw error }
            }
            try? FileManager.default.removeItem(atPath: "\(draft)/store")
            return try openStore("\(draft)/store")
        } catch {
            throw .store(error)
        }
    }

    private func goesOn<Store: KeyValueStore>(_ store: Store, for offer: SnapshotOffer) throws(StoreError) -> Bool {
        let blocks = BlockStore(store)
        guard let spec = try blocks.spec() else { return true }
        guard spec.id == offer.header.chain else { return false }
        if let base = try blocks.base() { return base == offer }
        let left = try StateAssembly.underWay(in: store, keyspace: BlockStore<Store>.stateKeyspace)
        return left.map { $0.version == StateVersion.of(offer.height) && $0.root == offer.leaf.stateRoot } ?? true
    }

    /// Gives what was made its place in one step.
    ///
    /// Into a directory that holds a safety record or a specification the store alone is moved, last: until then a node
    /// finds a record without a store, or a chain it may found and fetch, and both are what they were before.
    private func moveIn(_ files: [String: [UInt8]]) throws(BackupError) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        if names.isEmpty { return try BackupFile.rename(draft, to: directory) }
        for (name, bytes) in files where !names.contains(name) { try write(bytes, to: "\(directory)/\(name)") }
        try BackupFile.rename("\(draft)/store", to: "\(directory)/store")
        try? FileManager.default.removeItem(atPath: draft)
    }

    private func write(_ bytes: [UInt8], to path: String) throws(BackupError) {
        let file = try BackupFileWriter(path: path)
        try file.write(bytes)
        try file.commit()
    }

    private func makeFolder(_ path: String) throws(BackupError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw .file(what: "cannot make \(path): \(error.localizedDescription)")
        }
    }
}
