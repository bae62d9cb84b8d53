// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
package import NIOCore
import ShangMi

/// One whole message as it came over a link.
package struct Received: Equatable {
    package let traffic: TrafficClass
    package let chain: ChainID
    package let bytes: [UInt8]

    package init(traffic: TrafficClass, chain: ChainID, bytes: [UInt8]) {
        self.traffic = traffic
        self.chain = chain
        self.bytes = bytes
    }
}

/// Puts the chunks of a link together again.
///
/// Holds at most one unfinished message a class, and of each only what has come: a length that is announced is
/// believed no further than a chunk.
/// - Spec: LINK-4, LINK-5.
package struct ChunkReader {
    package enum Word: Equatable {
        case message(Received)
        /// A chunk that is no piece of a message.
        case control(Chunk)
    }

    private var unread = ByteBuffer()
    /// By class: the bytes of the message that is coming.
    private var open = [[UInt8]](repeating: [], count: TrafficClass.allCases.count)

    package init() {}

    package mutating func feed(_ bytes: inout ByteBuffer) { unread.writeBuffer(&bytes) }

    /// The next word that has come whole; nil where more bytes are needed.
    /// - Throws: `CloseReason.malformed`.
    package mutating func next() throws(CloseReason) -> Word? {
        while let (kind, content) = try nextChunk() {
            let chunk = try Chunk(kind: kind, content: content)
            guard case .piece(let traffic, let isLast, let piece) = chunk else { return .control(chunk) }
            if let message = try take(piece, of: traffic, isLast: isLast) { return .message(message) }
        }
        return nil
    }

    private mutating func nextChunk() throws(CloseReason) -> (UInt8, [UInt8])? {
        guard let header = unread.getInteger(at: unread.readerIndex, as: UInt32.self) else { return nil }
        let count = Int(header & 0xff_ffff)
        guard count <= Chunk.bytesMax else { throw .malformed }
        guard unread.readableBytes >= Chunk.headerBytes + count else { return nil }
        unread.moveReaderIndex(forwardBy: Chunk.headerBytes)
        guard let content = unread.readBytes(length: count) else { return nil }
        if unread.readableBytes == 0 {
            unread.clear()
        } else if unread.readerIndex > 1 << 17 {
            unread.discardReadBytes()
        }
        return (UInt8(header >> 24), content)
    }

    private mutating func take(
        _ piece: [UInt8], of traffic: TrafficClass, isLast: Bool
    ) throws(CloseReason) -> Received? {
        // Only a last piece may be short, and no message is empty: else a peer could send pieces of nothing for ever.
        guard isLast || piece.count == Chunk.bytesMax else { throw .malformed }
        let place = Int(traffic.rawValue)
        guard open[place].count + piece.count <= traffic.messageBytesMax + Digest.byteCount else {
            throw .malformed
        }
        open[place] += piece
        guard isLast else { return nil }
        let whole = open[place]
        open[place] = []
        guard whole.count > Digest.byteCount, let chain = try? ChainID(decoding: Array(whole[..<Digest.byteCount]))
        else { throw .malformed }
        return Received(traffic: traffic, chain: chain, bytes: Array(whole[Digest.byteCount...]))
    }
}
