// SPDX-License-Identifier: Apache-2.0
import ClientKit

/// A node of a local network as `jiuding up --json` announces it.
struct AnnouncedNode: Sendable {
    let name: String
    let url: String
    let id: Int32
    let config: String

    /// - Parameter answer: what `up` has printed so far.
    /// - Returns: nil until it said that it is ready.
    static func list(in answer: String) -> [AnnouncedNode]? {
        guard answer.hasSuffix("\n"), let value = try? JSONValue(parsing: [UInt8](answer.utf8)),
            case .object(let fields) = value,
            case .list(let list)? = fields.first(where: { $0.key == "nodes" })?.value
        else { return nil }
        return list.compactMap { AnnouncedNode($0) }
    }

    /// Whether anything listens on its gateway's port.
    var isListening: Bool {
        url.split(separator: ":").last.flatMap { Int($0) }.map { MachineChecks.isTaken($0) } ?? false
    }

    private init?(_ value: JSONValue) {
        guard case .object(let fields) = value else { return nil }
        var texts: [String: String] = [:]
        for field in fields {
            switch field.value {
            case .text(let text), .number(let text): texts[field.key] = text
            default: break
            }
        }
        guard let name = texts["name"], let url = texts["url"], let id = texts["pid"].flatMap({ Int32($0) }),
            let config = texts["config"]
        else { return nil }
        (self.name, self.url, self.id, self.config) = (name, url, id, config)
    }
}
