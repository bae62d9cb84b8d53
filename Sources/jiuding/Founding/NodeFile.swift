// SPDX-License-Identifier: Apache-2.0
import Ledger

/// The first configuration of a node, as text that a person may read and edit (docs/spec/node.md).
struct NodeFile {
    struct Peer {
        let name: String
        let account: AccountID
        /// None of a node that dials us.
        let addresses: [String]
    }

    /// Who wrote it.
    let origin: String
    let name: String
    let chain: String
    /// The file of the roots, from the node's folder.
    let authorities: String
    let listen: [String]
    /// None makes a node without links.
    let peers: [Peer]
    let gateway: String?
    /// A token file and the key it deposits with, both from the node's folder.
    var token: (file: String, key: String)?
    /// The key that signs the audit log's anchors, from the node's folder.
    var anchorKey: String?
    /// Who may read the chain besides those its policies name: `public`, everybody.
    var reads: String?

    var text: String {
        """
        # \(origin) The keys: docs/spec/node.md.
        node: \(plain(name))
        data: .
        log:
          level: notice
        keys:
          validator: keys/validator.key
        \(links)\(door)\(audit)chains:
          - name: \(quoted(chain))\(reads.map { "\n    reads: \($0)" } ?? "")

        """
    }

    private var audit: String { anchorKey.map { "audit:\n  anchor-key: \($0)\n" } ?? "" }

    private var links: String {
        guard !peers.isEmpty else { return "" }
        var text = """
              encryption: keys/encryption.key
            certificates:
              signing: certificates/signing.crt
              encryption: certificates/encryption.crt
              authorities: \(authorities)
            peers:
              listen: \(list(listen))
              nodes:

            """
        for peer in peers {
            text += """
                  - name: \(plain(peer.name))
                    account: \(peer.account.hex)

                """
            if !peer.addresses.isEmpty {
                text += """
                        addresses:
                          default: \(list(peer.addresses))

                    """
            }
        }
        return text
    }

    private var door: String {
        guard let gateway else { return "" }
        var text = """
            gateway:
              listen: \(address(gateway))
              default-chain: \(quoted(chain))

            """
        if let token {
            text += """
                  tokens:
                    - token: \(token.file)
                      key: \(token.key)

                """
        }
        return text
    }

    private func list(_ addresses: [String]) -> String {
        addresses.count == 1 ? address(addresses[0]) : "[" + addresses.map(quoted).joined(separator: ", ") + "]"
    }

    private func address(_ text: String) -> String { text.contains("[") ? quoted(text) : text }

    /// A name as it is where YAML takes nothing in it for more than letters.
    private func plain(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }
        return isPlain && text.contains("-") && !text.hasPrefix("-") ? text : quoted(text)
    }

    /// A text as YAML takes it, whatever stands in it.
    private func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }
}
