// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
package import Ledger
package import ShangMi

/// How the door stands: where it listens, whom it knows, and its bounds.
package struct GatewayConfiguration: Sendable {
    package var host = "127.0.0.1"
    /// 0 lets the system choose; `run` tells which.
    package var port = 8600
    /// What signed requests may call this gateway, as `host:port`: one that was signed for another node is for that one
    /// to answer, and not to pass on. Nil takes any.
    package var names: Set<String>?
    /// Whose word for where a request came from is taken.
    package var proxies = TrustedProxies.none
    /// Sent as `Server` and shown on the front page.
    package var version: String
    /// The chain that paths without a chain mean (`/v1/evidence`).
    package var defaultChain = "main"
    /// Who may deposit without holding a key: the digest of each bearer token, and the key the gateway signs
    /// with.
    package private(set) var signers: [Digest: any Signer] = [:]
    /// Tokens bound to members; nil where only those admitted here count.
    package var tokens: TokenBook?
    /// Opens the key a token of the scope submit names.
    package var openKey: @Sendable (_ path: String) throws -> any Signer = { path in
        throw SignerError.unavailable(reason: "no key at \(path)")
    }
    package var limits = GatewayLimits()
    /// Told of every read and every refusal for want of a right. Must not wait.
    package var witness: @Sendable (AccessNote) -> Void = { _ in }
    package var clock: @Sendable () -> Timestamp = { GatewayConfiguration.wall() }
    package var bounds = GatewayBounds()
    /// Told of every failure that is ours: the operation and the error. The program logs it.
    package var report: @Sendable (_ operation: String, _ error: any Error) -> Void = { _, _ in }

    package init(version: String) { self.version = version }

    /// Lets whoever shows `token` deposit with `signer`. Only the token's digest is kept.
    package mutating func admit(token: String, signer: any Signer) {
        signers[SM3.hash([UInt8](token.utf8))] = signer
    }

    /// A name as it is compared: without brackets, in small letters.
    package static func plain(_ name: String) -> String {
        name.lowercased().filter { $0 != "[" && $0 != "]" }
    }

    private static func wall() -> Timestamp {
        Timestamp(UInt64(max(0, Date().timeIntervalSince1970 * 1_000)))
    }
}

/// Bounds of everything that strangers can make the door hold, with the reason beside each.
package struct GatewayBounds: Hashable, Sendable {
    /// Open connections. Each costs a descriptor and some 20 KB; `OpenFiles.raise` says how many there may
    /// be.
    package var connectionsMax = 12_000
    /// Connections beyond that which are told so; any more are closed without a word.
    package var surplusMax = 128
    /// Requests being answered at once; more are told to come back.
    package var requestsMax = 4_096
    /// Submissions waiting for their answer at once, each up to 4 MiB of transactions.
    package var submissionsMax = 512
    /// Bytes of bodies held at once: the bound that keeps ten thousand slow senders from filling the memory.
    package var bodyBytesMax = 256 << 20
    /// Streams open at once; each is a task that waits.
    package var streamsMax = 1_024
    /// Body of a JSON request: a receipt in base64 and little else.
    package var jsonBytesMax = 512 << 10
    /// All header fields of a request.
    package var headerBytesMax = 16 << 10
    package var headerFieldsMax = 100
    /// From a connection's opening to the end of its first request's head: the bound on slow senders of
    /// heads.
    package var headDeadline: Duration = .seconds(10)
    /// From one answer to the end of the next request's head on a kept connection.
    package var idleDeadline: Duration = .seconds(75)
    /// From a request's head to the end of its body, however steadily the bytes trickle.
    package var bodyDeadline: Duration = .seconds(30)
    /// How long an answer may lie unread by its receiver.
    package var unreadDeadline: Duration = .seconds(60)
    /// How long a submission waits for `final` or `attested` unless asked otherwise, and at most.
    package var patience: Duration = .seconds(30)
    package var patienceMax: Duration = .seconds(120)
    /// A stream says something at least this often, so that a dead receiver is noticed.
    package var heartbeat: Duration = .seconds(15)
    /// How often a stream looks whether its receiver may still read.
    package var rightsLook: Duration = .seconds(1)

    package init() {}
}
