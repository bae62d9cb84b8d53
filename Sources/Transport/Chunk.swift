// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger

/// The bytes of a link: pieces of messages, and the few words links say for themselves.
/// - Spec: LINK-4, LINK-5.
package enum Chunk: Equatable {
    /// Of a chunk's content, so that chunk and header fill one record of 16 KiB.
    package static let bytesMax = 16_000
    package static let headerBytes = 4
    package static let lastFlag: UInt8 = 0x80

    case piece(TrafficClass, isLast: Bool, [UInt8])
    case hello(Hello)
    case ping(UInt64)
    case pong(UInt64)
    case close(CloseReason)
    case chains([ChainID])

    private enum Kind {
        static let hello: UInt8 = 0x10
        static let ping: UInt8 = 0x11
        static let pong: UInt8 = 0x12
        static let close: UInt8 = 0x13
        static let chains: UInt8 = 0x14
    }

    /// The four bytes in front of a chunk.
    package static func header(kind: UInt8, count: Int) -> [UInt8] {
        precondition(count <= bytesMax, "messages are cut into chunks before they are framed")
        return [kind, UInt8(count >> 16), UInt8(count >> 8 & 0xff), UInt8(count & 0xff)]
    }

    package static func kind(_ traffic: TrafficClass, isLast: Bool) -> UInt8 {
        traffic.rawValue | (isLast ? lastFlag : 0)
    }

    /// Header and content.
    package var framed: [UInt8] {
        var encoder = Encoder(reserving: 16)
        let kind: UInt8
        switch self {
        case .piece(let traffic, let isLast, let bytes):
            kind = Chunk.kind(traffic, isLast: isLast)
            encoder.raw(bytes)
        case .hello(let hello):
            kind = Kind.hello
            hello.encode(into: &encoder)
        case .ping(let nonce):
            kind = Kind.ping
            encoder.u64(nonce)
        case .pong(let nonce):
            kind = Kind.pong
            encoder.u64(nonce)
        case .close(let reason):
            kind = Kind.close
            encoder.u8(reason.rawValue)
        case .chains(let chains):
            kind = Kind.chains
            encoder.list(chains)
        }
        return Chunk.header(kind: kind, count: encoder.bytes.count) + encoder.bytes
    }

    /// - Throws: `CloseReason.malformed` where the bytes are no chunk of that kind.
    package init(kind: UInt8, content: [UInt8]) throws(CloseReason) {
        if let traffic = TrafficClass(rawValue: kind & ~Chunk.lastFlag) {
            self = .piece(traffic, isLast: kind & Chunk.lastFlag != 0, content)
            return
        }
        var decoder = Decoder(content)
        do throws(DecodeError) {
            switch kind {
            case Kind.hello: self = .hello(try Hello(from: &decoder))
            case Kind.ping: self = .ping(try decoder.u64())
            case Kind.pong: self = .pong(try decoder.u64())
            case Kind.close:
                guard let reason = CloseReason(rawValue: try decoder.u8()) else { throw .notCanonical(offset: 0) }
                self = .close(reason)
            case Kind.chains: self = .chains(try Hello.chains(from: &decoder))
            default: throw .unknownTag(offset: 0, tag: kind)
            }
            try decoder.finish()
        } catch {
            throw .malformed
        }
    }
}

/// The first word of each end.
package struct Hello: Hashable, Sendable, Canonical {
    package static let chainsMax = 128
    private static let magic: [UInt8] = [0x4a, 0x44, 0x4c, 0x31]

    /// Names the sender's run, drawn at its start.
    package let instance: UInt64
    package let chains: [ChainID]

    package init(instance: UInt64, chains: [ChainID]) {
        self.instance = instance
        self.chains = chains
    }

    package func encode(into encoder: inout Encoder) {
        encoder.raw(Hello.magic)
        encoder.u64(instance)
        encoder.list(chains)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        guard try decoder.raw(count: 4) == Hello.magic else { throw .notCanonical(offset: 0) }
        instance = try decoder.u64()
        chains = try Hello.chains(from: &decoder)
    }

    /// Each chain once, ascending.
    static func chains(from decoder: inout Decoder) throws(DecodeError) -> [ChainID] {
        let start = decoder.offset
        let chains = try decoder.list(of: ChainID.self, max: chainsMax)
        for (left, right) in zip(chains, chains.dropFirst()) where left >= right { throw .notCanonical(offset: start) }
        return chains
    }
}

/// Why an end closes a link; the numbers go over the wire.
/// - Spec: LINK-9.
package enum CloseReason: UInt8, Error, Hashable, Sendable, CaseIterable {
    case shutdown = 1
    case unknown = 2
    case duplicate = 3
    case twin = 4
    case malformed = 5
    case silent = 6
    case flooding = 7
    case crowded = 8
    case lapsed = 9

    package var name: String { "\(self)" }
}
