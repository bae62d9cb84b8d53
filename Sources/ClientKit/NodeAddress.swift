// SPDX-License-Identifier: Apache-2.0

/// Host and port out of an `http://` URL. Links between nodes and to browsers carry TLCP elsewhere; this
/// client speaks to a gateway on its own machine or behind a terminating proxy.
struct NodeAddress: Hashable, Sendable {
    static let portDefault = 8600

    let host: String
    let port: Int
    let text: String

    init(_ url: String) throws(ClientError) {
        let scheme = "http://"
        guard url.lowercased().hasPrefix(scheme) else {
            throw .unusable(reason: "\(url) is not a node's URL: it starts with http://")
        }
        var rest = url.dropFirst(scheme.count)
        if rest.last == "/" { rest = rest.dropLast() }
        let allowed = rest.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
                || [0x2d, 0x2e, 0x3a, 0x5b, 0x5d].contains(byte)
        }
        guard allowed, let (host, port) = NodeAddress.split(rest) else {
            throw .unusable(reason: "\(url) is not a node's URL: http://HOST or http://HOST:PORT")
        }
        self.host = host
        self.port = port
        text = "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    private static func split(_ text: Substring) -> (host: String, port: Int)? {
        var host = text
        var port = portDefault
        let colon = text.lastIndex(of: ":")
        if let colon, text.last != "]" {
            guard let number = Int(text[text.index(after: colon)...]), (1...65_535).contains(number) else {
                return nil
            }
            host = text[..<colon]
            port = number
        }
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") || host.contains("[") || host.contains("]") {
            return nil
        }
        return host.isEmpty ? nil : (String(host), port)
    }
}
