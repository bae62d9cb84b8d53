// SPDX-License-Identifier: Apache-2.0
#if arch(x86_64) && canImport(CShangMi)
internal import CShangMi
#endif

/// Many messages of one block count, laid out for a lane kernel: word by word, all lanes' first words, then
/// all second.
///
/// Works through the messages a few blocks at a time, so its scratch stays in the nearest cache whatever
/// their length.
struct SM3Lanes: ~Copyable {
    static let blocksAtOnce = 8
    let laneCount: Int
    private let path: CodePath
    private var state: [UInt32]
    private var words: [UInt32]

    /// - Parameter blocks: the most to be laid out at a time, at most `blocksAtOnce`; room is made for no more.
    /// - Returns: nil where `path` has no lanes.
    init?(path: CodePath, blocks: Int) {
        switch path {
        case .avx512, .avx512ifma: laneCount = 16
        case .avx2: laneCount = 8
        case .portable, .bmi2, .aesni, .gfni: return nil
        }
        precondition(path.isSupported, "this machine cannot run that path")
        self.path = path
        state = [UInt32](repeating: 0, count: 8 * laneCount)
        words = [UInt32](repeating: 0, count: min(blocks, SM3Lanes.blocksAtOnce) * 16 * laneCount)
    }

    mutating func begin() {
        let laneCount = laneCount  // A copy: the span holds all of `self` while it lives.
        var place = 0
        var span = state.mutableSpan
        for word in SM3State.start {
            for _ in 0..<laneCount {
                span[place] = word
                place += 1
            }
        }
    }

    @inline(__always)
    mutating func set(_ word: UInt32, at index: Int, lane: Int) { words[index &* laneCount &+ lane] = word }

    /// Lays out the words of `tag` ‖ `message`, padded, from block `firstBlock` on, for `blocks` blocks of `total`.
    mutating func lay(tag: UInt8?, _ message: [UInt8], lane: Int, firstBlock: Int, blocks: Int, total: Int) {
        let first = firstBlock * 16
        let end = first + blocks * 16
        let width = laneCount  // A copy: the span holds all of `self` while it lives.
        let bytes = message.span
        var span = words.mutableSpan
        var index = first
        if index == 0, tag != nil {
            span[lane] = SM3Words.edge(tag: tag, bytes, 0, total: total)
            index = 1
        }
        let wholeEnd = min(end, SM3Words.wholeCount(tag: tag, bytes))
        while index < wholeEnd {
            span[(index &- first) &* width &+ lane] = SM3Words.whole(tag: tag, bytes, index)
            index &+= 1
        }
        while index < end {
            span[(index &- first) &* width &+ lane] = SM3Words.edge(tag: tag, bytes, index, total: total)
            index += 1
        }
    }

    /// Lays out `tag` ‖ left ‖ right and the one bit after it, one pair a lane: the tag pushes every later
    /// byte down.
    mutating func layPairs(tag: UInt8?, _ pairs: ArraySlice<(left: Digest, right: Digest)>) {
        let shift: UInt64 = tag == nil ? 0 : 8
        let first = tag.map { UInt64($0) << 56 } ?? 0
        let width = laneCount  // A copy: the span holds all of `self` while it lives.
        var span = words.mutableSpan
        precondition(pairs.count <= width && 17 * width <= span.count, "there is a lane for each pair")
        var lane = 0
        for pair in pairs {
            let left = pair.left.words
            let right = pair.right.words
            let parts: InlineArray<8, UInt64> = [
                left.0, left.1, left.2, left.3, right.0, right.1, right.2, right.3,
            ]
            var pushed = first  // What the part before has pushed out, at the top.
            var place = lane
            for index in 0..<8 {
                let part = pushed | parts[index] &>> shift
                // SAFETY: rows 0 to 16 of `width` words lie within the span, and `lane` is below `width`.
                unsafe span[unchecked: place] = UInt32(truncatingIfNeeded: part &>> 32)
                unsafe span[unchecked: place &+ width] = UInt32(truncatingIfNeeded: part)
                place &+= 2 &* width
                // `<<`, not `&<<`: a shift by 64 gives zero.
                pushed = parts[index] << (64 - shift)
            }
            unsafe span[unchecked: place] = UInt32(truncatingIfNeeded: (pushed | 1 << (63 - shift)) >> 32)
            lane += 1
        }
    }

    /// Compresses the first `blocks` blocks of the words.
    mutating func compress(blocks: Int) {
        precondition(blocks * 16 * laneCount <= words.count, "the words hold that many blocks and no more")
        #if arch(x86_64) && canImport(CShangMi)
        // SAFETY: `state` has 8 and `words` at least 16·blocks rows of `laneCount` words, which is what the
        // kernel of that width reads and writes; `init` checked that the processor has its instructions.
        unsafe state.withUnsafeMutableBufferPointer { state in
            unsafe words.withUnsafeBufferPointer { words in
                if laneCount == 16 {
                    unsafe shangmi_sm3_16(state.baseAddress!, words.baseAddress!, blocks)
                } else {
                    unsafe shangmi_sm3_8(state.baseAddress!, words.baseAddress!, blocks)
                }
            }
        }
        #endif
    }

    func digest(lane: Int) -> Digest {
        func join(_ index: Int) -> UInt64 {
            UInt64(state[index * laneCount + lane]) << 32 | UInt64(state[(index + 1) * laneCount + lane])
        }
        return Digest(words: (join(0), join(2), join(4), join(6)))
    }
}

extension SM3 {
    /// Below this many messages, hashing them one by one is faster than a kernel with idle lanes.
    private static let lanesWorthwhile = 3

    /// The digests of many messages, in order, as many at once as the machine can. Lengths may differ.
    /// - Spec: CRYPTO-2.
    package static func hashMany(_ messages: [[UInt8]]) -> [Digest] { hashMany(tag: nil, messages, path: .sm3) }

    /// As `hashMany(_:)` of the messages behind one byte: the two are never put together.
    package static func hashMany(tag: UInt8, _ messages: [[UInt8]]) -> [Digest] {
        hashMany(tag: tag, messages, path: .sm3)
    }

    /// As `hashMany(_:)`, on a path the caller chose and the machine supports.
    package static func hashMany(_ messages: [[UInt8]], path: CodePath) -> [Digest] {
        hashMany(tag: nil, messages, path: path)
    }

    /// As `hashMany(tag:_:)`, on a path the caller chose and the machine supports; without the tag where that is nil.
    package static func hashMany(tag: UInt8?, _ messages: [[UInt8]], path: CodePath) -> [Digest] {
        let tagCount = tag == nil ? 0 : 1
        // What is not worth lanes.
        let hasKernel = path != .portable && SM3State.hasKernel
        let longest = messages.reduce(0) { max($0, $1.count) } + tagCount
        guard messages.count >= lanesWorthwhile,
            var lanes = SM3Lanes(path: path, blocks: SM3Words.blockCount(longest))
        else { return messages.map { hash(tag: tag, $0, hasKernel: hasKernel) } }
        // Lanes advance in step, so a group shares one block count. The sort keeps the caller's order within
        // a count and costs nothing where all are equal, the common case.
        var order = messages.indices.map { (blocks: SM3Words.blockCount(messages[$0].count + tagCount), index: $0) }
        if order.contains(where: { $0.blocks != order[0].blocks }) { order.sort { $0 < $1 } }
        var digests = [Digest](repeating: .zero, count: messages.count)
        var start = 0
        while start < order.count {
            let blocks = order[start].blocks
            var end = start
            while end < order.count, end - start < lanes.laneCount, order[end].blocks == blocks { end += 1 }
            if end - start < lanesWorthwhile {
                for entry in order[start..<end] {
                    digests[entry.index] = hash(tag: tag, messages[entry.index], hasKernel: hasKernel)
                }
            } else {
                hashGroup(tag: tag, messages, order[start..<end], &lanes, &digests)
            }
            start = end
        }
        return digests
    }

    private static func hashGroup(
        tag: UInt8?, _ messages: [[UInt8]], _ group: ArraySlice<(blocks: Int, index: Int)>, _ lanes: inout SM3Lanes,
        _ digests: inout [Digest]
    ) {
        let total = group[group.startIndex].blocks
        lanes.begin()
        for first in stride(from: 0, to: total, by: SM3Lanes.blocksAtOnce) {
            let blocks = min(SM3Lanes.blocksAtOnce, total - first)
            for (lane, entry) in group.enumerated() {
                lanes.lay(
                    tag: tag, messages[entry.index], lane: lane, firstBlock: first, blocks: blocks, total: total)
            }
            lanes.compress(blocks: blocks)
        }
        for (lane, entry) in group.enumerated() { digests[entry.index] = lanes.digest(lane: lane) }
    }

    /// Merkle nodes: for each pair, SM3(`tag` ‖ left ‖ right), in order, as many at once as the machine can.
    /// - Spec: CRYPTO-2.
    package static func hashPairs(tag: UInt8, _ pairs: [(left: Digest, right: Digest)]) -> [Digest] {
        hashPairs(tag: tag, pairs, path: .sm3)
    }

    /// As `hashPairs(tag:_:)`, on a path the caller chose and the machine supports; without the tag where
    /// that is nil, so that 64 bytes are hashed (the benchmark's `sm3.node64`).
    package static func hashPairs(
        tag: UInt8?, _ pairs: [(left: Digest, right: Digest)], path: CodePath
    ) -> [Digest] {
        guard pairs.count >= lanesWorthwhile, var lanes = SM3Lanes(path: path, blocks: 2) else {
            let hasKernel = path != .portable && SM3State.hasKernel
            return pairs.map { hashPair(tag: tag, $0.left, $0.right, hasKernel: hasKernel) }
        }
        var digests: [Digest] = []
        digests.reserveCapacity(pairs.count)
        // With or without tag the padded message is two blocks; words 18 to 30 are zero and stay so.
        let byteCount = tag == nil ? 64 : 65
        for lane in 0..<lanes.laneCount { lanes.set(UInt32(byteCount * 8), at: 31, lane: lane) }
        for start in stride(from: 0, to: pairs.count, by: lanes.laneCount) {
            let end = min(start + lanes.laneCount, pairs.count)
            lanes.layPairs(tag: tag, pairs[start..<end])
            lanes.begin()
            lanes.compress(blocks: 2)
            for lane in 0..<(end - start) { digests.append(lanes.digest(lane: lane)) }
        }
        return digests
    }

    /// One Merkle node: SM3(`tag` ‖ left ‖ right).
    package static func hashPair(tag: UInt8, _ left: Digest, _ right: Digest) -> Digest {
        hashPair(tag: Optional(tag), left, right, hasKernel: SM3State.hasKernel)
    }

    /// Two blocks, whose words are those of the digests pushed down by the tag: they pass through no bytes.
    private static func hashPair(tag: UInt8?, _ left: Digest, _ right: Digest, hasKernel: Bool) -> Digest {
        let shift: UInt64 = tag == nil ? 0 : 8
        let (left, right) = (left.words, right.words)
        let parts: InlineArray<8, UInt64> = [left.0, left.1, left.2, left.3, right.0, right.1, right.2, right.3]
        var words = InlineArray<68, UInt32>(repeating: 0)
        var pushed = tag.map { UInt64($0) << 56 } ?? 0
        for index in 0..<8 {
            let part = pushed | parts[index] &>> shift
            words[2 &* index] = UInt32(truncatingIfNeeded: part &>> 32)
            words[2 &* index &+ 1] = UInt32(truncatingIfNeeded: part)
            // `<<`, not `&<<`: a shift by 64 gives zero.
            pushed = parts[index] << (64 - shift)
        }
        var state = SM3State()
        state.compress(&words, hasKernel: hasKernel)
        for index in 1..<15 { words[index] = 0 }
        words[0] = UInt32(truncatingIfNeeded: (pushed | 1 << (63 - shift)) >> 32)
        words[15] = tag == nil ? 512 : 520
        state.compress(&words, hasKernel: hasKernel)
        return state.digest
    }
}
