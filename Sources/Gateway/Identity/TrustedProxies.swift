// SPDX-License-Identifier: Apache-2.0
import Glibc
package import NIOCore

/// Machines in front of the gateway whose word for where a request came from is taken.
///
/// Nobody else's is: whoever reaches the gateway himself could name any address, and have another counted for what he
/// does.
/// - Spec: API-48.
package struct TrustedProxies: Hashable, Sendable {
    /// More hops than any network has; what stands further left is not looked at.
    static let hopsMax = 16

    private struct Network: Hashable {
        /// Sixteen: an IPv4 address as the one it is mapped to.
        let bytes: [UInt8]
        let bits: Int

        func holds(_ address: [UInt8]) -> Bool {
            let (whole, rest) = (bits / 8, bits % 8)
            guard bytes[..<whole] == address[..<whole] else { return false }
            return rest == 0 || (bytes[whole] ^ address[whole]) >> (8 - rest) == 0
        }
    }

    private let networks: [Network]

    package static let none = TrustedProxies(networks: [])

    private init(networks: [Network]) { self.networks = networks }

    /// - Parameter texts: IP addresses, or networks as `10.1.0.0/16`.
    /// - Returns: nil where one of them is neither.
    package init?(_ texts: [String]) {
        var networks: [Network] = []
        for text in texts {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count <= 2, let address = try? SocketAddress(ipAddress: String(parts[0]), port: 0),
                let bytes = TrustedProxies.bytes(of: address)
            else { return nil }
            let own = address.protocol == .inet ? 32 : 128
            var bits = own
            if parts.count == 2 {
                guard let number = Int(parts[1]), (0...own).contains(number) else { return nil }
                bits = number
            }
            networks.append(Network(bytes: bytes, bits: 128 - own + bits))
        }
        self.init(networks: networks)
    }

    /// Where a request came from: the last address in front of the proxies that are trusted.
    /// - Parameters:
    ///   - peer: who opened the connection.
    ///   - forwarded: the values of `X-Forwarded-For`, each a list, in the order they came. A word that is no address
    ///     ends what is believed.
    package func origin(_ peer: SocketAddress?, _ forwarded: [String]) -> SocketAddress? {
        guard !networks.isEmpty, var found = peer, isTrusted(found) else { return peer }
        let hops = forwarded.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
        for hop in hops.suffix(TrustedProxies.hopsMax).reversed() {
            let text = hop.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
            guard let address = try? SocketAddress(ipAddress: String(text), port: 0) else { break }
            found = address
            guard isTrusted(found) else { break }
        }
        return found
    }

    private func isTrusted(_ address: SocketAddress) -> Bool {
        guard let bytes = TrustedProxies.bytes(of: address) else { return false }
        return networks.contains { $0.holds(bytes) }
    }

    /// What stands in front of an IPv4 address among IPv6 addresses.
    static let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]

    /// Sixteen bytes; nil for what has no address.
    static func bytes(of address: SocketAddress) -> [UInt8]? {
        guard let text = address.ipAddress else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        // SAFETY: the text is a C string for the time of the call, the buffer sixteen bytes long, as the larger of the
        // two needs.
        if unsafe inet_pton(AF_INET, text, &bytes) == 1 { return mapped + bytes.prefix(4) }
        return unsafe inet_pton(AF_INET6, text, &bytes) == 1 ? bytes : nil
    }
}
