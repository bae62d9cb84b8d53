// SPDX-License-Identifier: Apache-2.0
import Ledger
import Logging
import Transport

/// What happens to links, as lines of the node's log.
enum LinkJournal {
    static func tell(_ news: LinkNews, _ log: Logger) {
        switch news {
        case .linked(let peer, let address, let role):
            log.notice("linked", metadata: ["peer": "\(peer.hex)", "address": "\(address)", "role": "\(role)"])
        case .unlinked(let peer, let reason):
            log.notice("unlinked", metadata: ["peer": "\(peer.hex)", "reason": "\(reason)"])
        case .refused(let peer, let reason, let address):
            log.warning(
                "a link was refused",
                metadata: ["peer": "\(peer.hex)", "address": "\(address)", "reason": "\(reason.name)"])
        case .lapsed(let peer, let address):
            log.warning(
                "a link ends: its certificate holds no longer",
                metadata: ["peer": "\(peer.hex)", "address": "\(address)"])
        case .twin(let peer, let address):
            log.critical(
                "two machines live with one key", metadata: ["peer": "\(peer.hex)", "address": "\(address)"])
        case .handshakeFailed(let address, let role, let reason):
            log.warning(
                "a handshake failed",
                metadata: ["address": "\(address)", "role": "\(role)", "reason": "\(reason)"])
        }
    }
}
