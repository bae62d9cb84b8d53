// SPDX-License-Identifier: Apache-2.0
package import Bedrock

/// Where a node listens, or may be dialled: a name or an address, and a port.
package struct NodeAddress: Hashable, Sendable, CustomStringConvertible {
    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `host:port`, or `[address]:port` for IPv6.
    /// - Returns: nil for anything else.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { return nil }
        self.init(host: String(host), port: Int(port))
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// When one node is dialled next, and where.
/// - Spec: LINK-3.
package struct DialPlan {
    private static let shortest = Instant.Span.milliseconds(100)
    private static let longest = Instant.Span.seconds(10)
    private static let lasting = Instant.Span.seconds(10)

    let addresses: [NodeAddress]
    private var next = 0
    private var wait = DialPlan.shortest

    package init(_ addresses: [NodeAddress]) { self.addresses = addresses }

    package var canDial: Bool { !addresses.isEmpty }

    /// The address for the next attempt, each in turn.
    package mutating func nextAddress() -> NodeAddress? {
        guard !addresses.isEmpty else { return nil }
        defer { next = (next + 1) % addresses.count }
        return addresses[next]
    }

    /// How long to wait after an attempt that came to nothing.
    /// - Parameter chance: 0 to 1,000: how far between four fifths and six fifths of the wait.
    package mutating func failed(for reason: CloseReason?, chance: UInt64) -> Instant.Span {
        if reason == .twin || reason == .unknown { wait = DialPlan.longest }
        let spread = wait.nanoseconds / 5 * 4 + wait.nanoseconds * 2 / 5 * min(chance, 1_000) / 1_000
        wait = min(Instant.Span(nanoseconds: wait.nanoseconds * 2), DialPlan.longest)
        return Instant.Span(nanoseconds: spread)
    }

    /// A link has ended that had lasted so long.
    package mutating func ended(after lasted: Instant.Span) {
        if lasted >= DialPlan.lasting { wait = DialPlan.shortest }
    }
}
