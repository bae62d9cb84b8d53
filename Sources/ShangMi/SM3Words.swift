// SPDX-License-Identifier: Apache-2.0

/// The words of a padded message: perhaps one byte in front, the message, a one bit, zeros and 64 bits of length.
///
/// They are read where the message lies: nothing is put together first.
enum SM3Words {
    /// Blocks of a message of so many bytes once it is padded.
    @inline(__always)
    static func blockCount(_ byteCount: Int) -> Int { (byteCount + 8) / 64 + 1 }

    /// Words before this one are wholly message, but for word 0 where there is a tag.
    @inline(__always)
    static func wholeCount(tag: UInt8?, _ bytes: Span<UInt8>) -> Int { (bytes.count + (tag == nil ? 0 : 1)) / 4 }

    /// Word `index` where it is wholly message.
    @inline(__always)
    static func whole(tag: UInt8?, _ bytes: Span<UInt8>, _ index: Int) -> UInt32 {
        // Cut out first, so that the constant indices below need no check of their own.
        let start = index &* 4 &- (tag == nil ? 0 : 1)
        let part = bytes.extracting(start..<start &+ 4)
        return UInt32(part[0]) << 24 | UInt32(part[1]) << 16 | UInt32(part[2]) << 8 | UInt32(part[3])
    }

    /// Word `index` where it is not wholly message: the tag and the first bytes; the last bytes, the one bit, zeros, or
    /// the length.
    static func edge(tag: UInt8?, _ bytes: Span<UInt8>, _ index: Int, total: Int) -> UInt32 {
        let tagCount = tag == nil ? 0 : 1
        let count = bytes.count + tagCount
        let bitCount = UInt64(count) * 8
        if index == total * 16 - 2 { return UInt32(truncatingIfNeeded: bitCount >> 32) }
        if index == total * 16 - 1 { return UInt32(truncatingIfNeeded: bitCount) }
        if index * 4 > count { return 0 }
        var word: UInt32 = 0
        for offset in index * 4..<index * 4 + 4 {
            var byte: UInt8 = offset == count ? 0x80 : 0
            if offset < count { byte = offset < tagCount ? tag ?? 0 : bytes[offset - tagCount] }
            word = word << 8 | UInt32(byte)
        }
        return word
    }
}

extension SM3 {
    /// The digest of one message.
    package static func hash(_ message: [UInt8]) -> Digest { hash(tag: nil, message.span) }

    /// The digest of a message behind one byte: the two are never put together.
    package static func hash(_ first: UInt8, _ message: Span<UInt8>) -> Digest { hash(tag: first, message) }

    /// As `hash(_:)`, on a path the caller chose and the machine supports.
    package static func hash(_ message: [UInt8], path: CodePath) -> Digest {
        precondition(path.isSupported, "this machine cannot run that path")
        return hash(tag: nil, message.span, hasKernel: path == .bmi2)
    }

    static func hash(tag: UInt8?, _ message: [UInt8], hasKernel: Bool) -> Digest {
        hash(tag: tag, message.span, hasKernel: hasKernel)
    }

    private static func hash(tag: UInt8?, _ bytes: Span<UInt8>, hasKernel: Bool = SM3State.hasKernel) -> Digest {
        let total = SM3Words.blockCount(bytes.count + (tag == nil ? 0 : 1))
        let wholeCount = SM3Words.wholeCount(tag: tag, bytes)
        var state = SM3State()
        var words = InlineArray<68, UInt32>(repeating: 0)
        for block in 0..<total {
            for place in 0..<16 {
                let index = 16 &* block &+ place
                let isWhole = index < wholeCount && (index > 0 || tag == nil)
                words[place] =
                    isWhole
                    ? SM3Words.whole(tag: tag, bytes, index) : SM3Words.edge(tag: tag, bytes, index, total: total)
            }
            state.compress(&words, hasKernel: hasKernel)
        }
        return state.digest
    }
}
