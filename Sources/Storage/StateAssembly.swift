// SPDX-License-Identifier: Apache-2.0
internal import Bedrock
package import ShangMi

/// What taking a chunk comes to.
package enum AssemblyStep: Sendable {
    /// One more part is there once the batch is written.
    case installed(WriteBatch)
    /// The tree is whole once the batch is written: `StateTree` then loads it from the same store.
    case completed(WriteBatch)
    /// All of it is there already.
    case present
    /// It holds a part that is there and one that is not. A chunk within one of `missing` never does.
    case overlapping
    /// It was verified against the root of another snapshot.
    case otherRoot
}

/// Puts a state together from verified chunks, in any order, beside the tree that is in the store.
///
/// Everything it knows is in the store: each chunk is one batch, and after a crash the assembly goes on from
/// what was written. All records are written as the snapshot's version from the start, so that they need no
/// second writing; nothing can be read of them until the last batch writes the root record. Until then the tree
/// that was there stays as it is, and must not be taken to the snapshot's version.
///
/// Use: `clear` until it gives nothing; then, until a chunk is `.completed`: ask peers for the chunks within
/// `missing`, `verify` each against the root, `install` it, write the batch. Then load a `StateTree`, whose
/// pruning deletes the state that was there before.
///
/// - Memory: one chunk, and one unfinished node a level.
/// - Spec: SNAP-5 to SNAP-9.
package struct StateAssembly<Store: KeyValueStore>: Sendable {
    package let version: UInt64
    package let root: Digest
    let store: Store
    let layout: StateLayout
    /// A snapshot whose records are to be deleted before this one is begun.
    private var condemned: AssemblyHeader?
    /// Where clearing goes on: a kind of records, and the first key not yet handed out.
    private var clearKind = 0
    private var clearStart: [UInt8]?

    /// Goes on with the snapshot of a version and root, or begins it.
    ///
    /// - Parameters:
    ///   - version: above that of the tree in the store.
    ///   - root: the certified root of that version.
    /// - Throws: `StoreError.failed` where the tree in the store is at that version or above.
    package init(store: Store, keyspace: UInt8, version: UInt64, root: Digest) throws(StoreError) {
        layout = StateLayout(keyspace: keyspace)
        self.store = store
        self.version = version
        self.root = root
        let newest = try StateTree.newest(in: store, layout)?.version ?? 0
        guard version > newest else {
            throw .failed(what: "a snapshot of version \(version) is not above the state's version \(newest)")
        }
        guard let header = try AssemblyHeader.load(from: store, layout) else { return }
        guard header.version > newest else {
            throw .corrupt(what: "a snapshot of version \(header.version) under way in a tree at \(newest)")
        }
        if header.isCondemned || header.version != version || header.root != root { condemned = header }
    }

    /// The snapshot that is under way in a store, if any; one that is given up counts until it is cleared.
    package static func underWay(
        in store: Store, keyspace: UInt8
    ) throws(StoreError) -> (version: UInt64, root: Digest)? {
        let header = try AssemblyHeader.load(from: store, StateLayout(keyspace: keyspace))
        return header.map { ($0.version, $0.root) }
    }

    /// How many leaves are installed.
    package func leafCount() throws(StoreError) -> UInt64 {
        condemned == nil ? try AssemblyHeader.load(from: store, layout)?.leafCount ?? 0 : 0
    }

    /// Gives this snapshot up: `clear` then deletes what was installed of it.
    package mutating func abandon() throws(StoreError) {
        condemned = try AssemblyHeader.load(from: store, layout)
        (clearKind, clearStart) = (0, nil)
    }

    /// Gives the next deletes of records of another snapshot, begun earlier, or of one given up.
    ///
    /// The caller writes the batch and asks again.
    /// - Returns: nil where nothing is left to delete and chunks may be installed.
    /// - Cost: one scan of at most `limit` records.
    /// - Spec: SNAP-7.
    package mutating func clear(limit: Int = 4096) throws(StoreError) -> WriteBatch? {
        guard var header = condemned else { return nil }
        var batch = WriteBatch()
        // From the first delete on, what is left of it is not to be gone on with.
        header.isCondemned = true
        batch.put(layout.assembly, header.encoded)
        let version = header.version
        let ranges = [
            (start: layout.start(of: "L", version: version), end: layout.end(of: "L", version: version)),
            (start: layout.start(of: "N", version: version), end: layout.end(of: "N", version: version)),
            (start: layout.assembly + [0], end: layout.start(of: "B")),
        ]
        while clearKind < ranges.count {
            let range = ranges[clearKind]
            let found = try store.scan(
                from: clearStart ?? range.start, to: range.end, limit: max(limit, 1), reverse: false)
            if let last = found.last {
                let isPutOnce = clearKind < 2
                for pair in found { if isPutOnce { batch.deleteOnce(pair.key) } else { batch.delete(pair.key) } }
                clearStart = last.key + [0]
                return batch
            }
            (clearKind, clearStart) = (clearKind + 1, nil)
        }
        batch.delete(layout.assembly)
        condemned = nil
        return batch
    }

    /// The first subtrees of which nothing is there, in path order, each as large as can be.
    /// - Cost: reads an unfinished node for each that has one of them below it.
    /// - Spec: SNAP-6.
    package func missing(limit: Int = 16) throws(StoreError) -> [StatePrefix] {
        guard condemned == nil, let top = try unfinished(0, Digest.zero) else { return [.all] }
        var found: [StatePrefix] = []
        var rest = top.gaps(at: Digest.zero, depth: 0).reversed().map { (gap: $0, depth: 0) }
        while found.count < limit, let item = rest.popLast() {
            switch item.gap {
            case .missing(let prefix): found.append(prefix)
            case .open(let path):
                let depth = item.depth + 1
                guard let below = try unfinished(depth, path) else { throw damaged(depth, path, "is missing") }
                rest += below.gaps(at: path, depth: depth).reversed().map { (gap: $0, depth: depth) }
            }
        }
        return found
    }

    /// Takes one chunk.
    ///
    /// One at a time: the batch is in the store before the next call. A batch that never gets there is as if it
    /// had never been made.
    /// - Throws: what the store throws; `StoreError.corrupt` where what it holds is not what was installed. The
    ///   snapshot can then only be given up.
    /// - Cost: hashes each node of the chunk once; reads and writes one unfinished node a level above it.
    /// - Spec: SNAP-5, SNAP-6, SNAP-8.
    package func install(_ chunk: VerifiedChunk) throws(StoreError) -> AssemblyStep {
        precondition(condemned == nil, "an earlier snapshot is cleared before a new one is begun")
        guard chunk.root == root else { return .otherRoot }
        var header = try AssemblyHeader.load(from: store, layout) ?? AssemblyHeader(version: version, root: root)
        let prefix = chunk.chunk.prefix
        var way = try way(to: prefix)
        for depth in 0..<prefix.nodeDepth where way[depth].isCovered(prefix.path.nibble(depth)) { return .present }
        let node = way[prefix.nodeDepth]
        if prefix.slots.allSatisfy({ node.isCovered($0) }) { return .present }
        guard prefix.slots.allSatisfy({ node.isMissing($0) }) else { return .overlapping }

        let leafCount = UInt64(chunk.paths.count)
        guard header.leafCount + leafCount <= UInt64(UInt32.max) else {
            throw .failed(what: "a snapshot of more than \(UInt32.max) leaves")
        }
        let source = NodeSource(store: store, layout: layout, cache: NodeCache(bytesMax: 0))
        let (puts, slots) = try TreeBuilder.subtree(
            of: chunk, version: version, firstOrdinal: UInt32(header.leafCount), on: source)
        header.leafCount += leafCount
        var batch = WriteBatch()
        for pair in puts { batch.put(pair.key, pair.value) }
        Register.append(chunk.chunk.leaves, to: &batch)
        for slot in prefix.slots { way[prefix.nodeDepth].cover(slot, with: slots[slot]) }
        for depth in 0..<prefix.nodeDepth { way[depth].open(prefix.path.nibble(depth)) }
        if let top = ascend(&way, prefix.path, into: &batch) {
            try complete(top, into: &batch)
            return .completed(batch)
        }
        batch.put(layout.assembly, header.encoded)
        return .installed(batch)
    }
}

extension StateAssembly {
    /// Reads a key of the whole snapshot before the batch that completes it is written.
    /// - Parameter last: the batch of `.completed`.
    /// - Returns: nil where the key holds nothing.
    package func value(for key: [UInt8], completedBy last: WriteBatch) throws(StoreError) -> [UInt8]? {
        var records: [[UInt8]: [UInt8]] = [:]
        for operation in last.operations { records[operation.key] = operation.value }
        guard let bytes = records[layout.root(version: version)], let record = try? RootRecord(decoding: bytes) else {
            throw .failed(what: "a snapshot is read by the batch that completes it")
        }
        var source = NodeSource(store: store, layout: layout, cache: NodeCache(bytesMax: 0))
        source.unwritten = [UnwrittenVersion(version: version, records: records)]
        return try source.values(for: [key], under: record)[0]
    }

    /// The unfinished nodes from the root to the one that holds a prefix; new ones where there are none yet.
    private func way(to prefix: StatePrefix) throws(StoreError) -> [UnfinishedNode] {
        var way: [UnfinishedNode] = []
        way.append(try unfinished(0, prefix.path) ?? UnfinishedNode())
        for depth in 1..<(prefix.nodeDepth + 1) {
            guard way[depth - 1].isOpen(prefix.path.nibble(depth - 1)) else {
                way.append(UnfinishedNode())
                continue
            }
            guard let node = try unfinished(depth, prefix.path) else {
                throw damaged(depth, prefix.path, "is missing")
            }
            way.append(node)
        }
        return way
    }

    private func unfinished(_ depth: Int, _ path: Digest) throws(StoreError) -> UnfinishedNode? {
        guard let bytes = try store.value(for: layout.unfinished(depth: depth, path: path)) else { return nil }
        guard let node = UnfinishedNode(bytes, depth: depth, version: version, path: path) else {
            throw damaged(depth, path, "is not one")
        }
        return node
    }

    private func damaged(_ depth: Int, _ path: Digest, _ how: String) -> StoreError {
        .corrupt(what: "unfinished state node \(path.hex.prefix(depth))… of a snapshot \(how)")
    }

    /// Finishes the nodes that have all their slots, from the lowest up, and writes the others.
    /// - Returns: the root node's slots, once that is finished too.
    private func ascend(
        _ way: inout [UnfinishedNode], _ path: Digest, into batch: inout WriteBatch
    ) -> [Slot]? {
        while let node = way.last, node.isComplete {
            let depth = way.count - 1
            batch.delete(layout.unfinished(depth: depth, path: path))
            guard depth > 0 else { return node.slots }
            way.removeLast()
            way[depth - 1].cover(path.nibble(depth - 1), with: finish(node.slots, depth, path, into: &batch))
        }
        for (depth, node) in way.enumerated() {
            batch.put(
                layout.unfinished(depth: depth, path: path), node.encoded(depth: depth, version: version))
        }
        return nil
    }

    /// Writes a node that is final; one leaf or none needs no node and lifts to the slot above.
    private func finish(_ slots: [Slot], _ depth: Int, _ path: Digest, into batch: inout WriteBatch) -> Slot {
        let taken = slots.filter { $0.kind != .empty }
        guard taken.count > 1 || taken.first?.kind == .inner || (depth == 0 && taken.count == 1) else {
            return taken.first ?? Slot.empty
        }
        let bytes = StateNode.encode(slots[...], depth: depth, version: version)
        batch.put(layout.node(version: version, depth: depth, path: path), bytes)
        let summary = NodeHashing.roots(of: slots.map(\.summary))[0]
        return Slot.inner(version: version, digest: summary.digest)
    }

    /// Makes the snapshot the store's newest version, and the oldest one promised.
    private func complete(_ top: [Slot], into batch: inout WriteBatch) throws(StoreError) {
        let slot = finish(top, 0, Digest.zero, into: &batch)
        guard slot.digest == root || Mutant.snapshotUnchecked.isOn else {
            throw .corrupt(what: "what was installed of a snapshot leads to \(slot.digest.hex), not \(root.hex)")
        }
        let isEmpty = slot.kind == .empty
        let record = isEmpty ? RootRecord.empty : RootRecord(nodeVersion: version, digest: root)
        batch.put(layout.root(version: version), record.encoded)
        let number = Array(layout.root(version: version)[2...])
        batch.put(layout.oldest, number)
        batch.put(layout.sweep, number)
        for pin in try StateTree.pins(in: store, layout) { batch.delete(layout.pin(pin)) }
        batch.delete(layout.assembly)
    }
}
