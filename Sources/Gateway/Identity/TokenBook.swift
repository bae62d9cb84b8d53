// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Dispatch
import FoundationEssentials
import Glibc
package import Ledger
package import ShangMi
import Synchronization

/// Why tokens cannot be read or changed.
package enum TokenError: Error, Hashable, Sendable {
    case unwritable(path: String, errno: Int32)
    case unreadable(path: String, errno: Int32)
    /// Another process has held the tokens for longer than a change may wait.
    case busy(path: String)
    /// The file is not what was written there, or of a newer form.
    case damaged(path: String)
    case full(limit: Int)
    case unknown(id: String)
}

extension TokenError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unwritable(let path, let number):
            "\(path) cannot be written: \(unsafe String(cString: strerror(number)))"
        case .unreadable(let path, let number):
            "\(path) cannot be read: \(unsafe String(cString: strerror(number)))"
        case .busy(let path): "\(path) is held by another process"
        case .damaged(let path): "\(path) is damaged or of a newer version"
        case .full(let limit): "there are \(limit) tokens already"
        case .unknown(let id): "there is no token \(id)"
        }
    }
}

/// The tokens of a node in one file, changed by the gateway and by commands beside it, by turns.
///
/// A change is a new file that takes the old one's place once it is durable, so a crash leaves the old tokens or the
/// new ones. The file is looked at again when it has changed, at most a moment after.
/// - Spec: TOK-1 to TOK-5, TOK-7.
package final class TokenBook: Sendable {
    package static let tokensMax = 10_000
    package static let perMemberMax = 64
    /// Of one member, in force and ended.
    static let listedMax = 128
    /// What has ended stays listed for this long.
    package static let keptMillis: UInt64 = 180 * 86_400_000
    private static let magic: [UInt8] = [0x4a, 0x44, 0x54, 0x4b, 0x01]
    private static let lookEvery: Duration = .milliseconds(500)
    /// How long a change waits for another process.
    static let patience: Duration = .seconds(5)

    private struct State {
        var records: [Digest: TokenRecord] = [:]
        var stamp: Stamp?
        var looked: ContinuousClock.Instant?
        /// Why the file could not be read when it was last looked at.
        var problem: TokenError?
    }

    /// What changes when a file does.
    private struct Stamp: Hashable {
        let inode: UInt64
        let size: Int64
        let seconds: Int
        let nanoseconds: Int
    }

    package let path: String
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "tokens", qos: .userInitiated)

    package init(_ path: String) { self.path = path }

    /// Runs what reads or changes the file on a thread that may wait for it, one after the other.
    func onDisk<Answer: Sendable>(
        _ body: @escaping @Sendable (TokenBook) throws -> Answer
    ) async throws -> Answer {
        try await withCheckedThrowingContinuation { told in
            queue.async { [self] in told.resume(with: Result { try body(self) }) }
        }
    }

    /// Of the whole text somebody shows. A token has 256 random bits, so nothing slower is needed.
    package static func digest(of token: String) -> Digest { SM3.hash([UInt8](token.utf8)) }

    /// - Returns: the record of a token that is known, ended or not.
    /// - Throws: where the file cannot be read or is not as it was written: nobody is let in then, and it is looked at
    ///   again.
    func find(_ digest: Digest) throws(TokenError) -> TokenRecord? {
        try state.withLock { (state) throws(TokenError) in
            let now = ContinuousClock.now
            if state.looked.map({ now - $0 >= TokenBook.lookEvery }) ?? true {
                state.looked = now
                do throws(TokenError) {
                    let stamp = try stamp()
                    if stamp != state.stamp || state.problem != nil {
                        (state.records, state.stamp) = (try index(), stamp)
                    }
                    state.problem = nil
                } catch { state.problem = error }
            }
            if let problem = state.problem { throw problem }
            guard let record = state.records[digest] else { return nil }
            return TokenBook.isSame(record.digest, digest) ? record : nil
        }
    }

    /// In a time that does not depend on where they differ.
    private static func isSame(_ left: Digest, _ right: Digest) -> Bool {
        let (a, b) = (left.words, right.words)
        return (a.0 ^ b.0) | (a.1 ^ b.1) | (a.2 ^ b.2) | (a.3 ^ b.3) == 0
    }

    /// All tokens, oldest first.
    package func all() throws(TokenError) -> [TokenRecord] { try read() }

    /// Makes a token.
    /// - Returns: the token, which is nowhere else, and its record.
    package func create(
        for account: AccountID, _ scope: TokenRecord.Scope, lasting millis: UInt64, at now: Timestamp, by maker: Label,
        note: Label, key: String = ""
    ) throws(TokenError) -> (token: String, record: TokenRecord) {
        var generator = SystemRandomNumberGenerator()
        let secret = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let token = TokenRecord.prefix + Hex.encode(secret)
        let record = TokenRecord(
            digest: TokenBook.digest(of: token), account: account, scope: scope, created: now,
            expires: Timestamp(now.value + millis), maker: maker, note: note, key: key)
        try change { (records) throws(TokenError) in
            records.removeAll { ($0.revoked ?? $0.expires).value + TokenBook.keptMillis < now.value }
            let own = records.count { $0.account == account && $0.isActive(at: now) }
            guard own < TokenBook.perMemberMax else { throw .full(limit: TokenBook.perMemberMax) }
            // A member's own ended tokens make room for its next one: nobody uses up what is everybody's.
            while records.count(where: { $0.account == account }) >= TokenBook.listedMax,
                let oldest = records.firstIndex(where: { $0.account == account && !$0.isActive(at: now) })
            {
                records.remove(at: oldest)
            }
            guard records.count < TokenBook.tokensMax else { throw .full(limit: TokenBook.tokensMax) }
            records.append(record)
        }
        return (token, record)
    }

    /// Ends a token now; one that was revoked stays revoked since when it was.
    /// - Parameters:
    ///   - id: its identifier, or at least the first eight digits of it.
    ///   - owner: whose it must be; nil for whoever's.
    @discardableResult
    package func revoke(_ id: String, of owner: AccountID?, at now: Timestamp) throws(TokenError) -> TokenRecord {
        var found: TokenRecord?
        try change { (records) throws(TokenError) in
            let places = records.indices.filter {
                id.count >= 8 && records[$0].digest.hex.hasPrefix(id) && (owner == nil || records[$0].account == owner)
            }
            guard let place = places.first, places.count == 1 else { throw .unknown(id: id) }
            if records[place].revoked == nil { records[place].revoked = now }
            found = records[place]
        }
        guard let found else { throw .unknown(id: id) }
        return found
    }

    // MARK: The file

    private func index() throws(TokenError) -> [Digest: TokenRecord] {
        Dictionary(try read().map { ($0.digest, $0) }) { first, _ in first }
    }

    /// - Returns: nil where there is no file.
    private func stamp() throws(TokenError) -> Stamp? {
        var status = stat()
        // SAFETY: the kernel fills the structure it is given, which is ours.
        guard unsafe stat(path, &status) == 0 else {
            guard errno == ENOENT else { throw .unreadable(path: path, errno: errno) }
            return nil
        }
        return Stamp(
            inode: UInt64(status.st_ino), size: Int64(status.st_size), seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
    }

    private func read() throws(TokenError) -> [TokenRecord] {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            let number = errno
            guard try stamp() == nil else { throw .unreadable(path: path, errno: number) }
            return []
        }
        let bytes = [UInt8](data)
        let body = bytes.dropLast(Digest.byteCount)
        guard body.starts(with: TokenBook.magic), SM3.hash(Array(body)).bytes == Array(bytes.suffix(Digest.byteCount))
        else {
            throw .damaged(path: path)
        }
        var decoder = Decoder(Array(body.dropFirst(TokenBook.magic.count)))
        do throws(DecodeError) {
            let records = try decoder.list(of: TokenRecord.self, max: TokenBook.tokensMax)
            try decoder.finish()
            return records
        } catch { throw .damaged(path: path) }
    }

    private func change(_ body: (inout [TokenRecord]) throws(TokenError) -> Void) throws(TokenError) {
        // SAFETY (this function): paths are C strings for the time of each call.
        let lock = unsafe open("\(path).lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw .unwritable(path: path, errno: errno) }
        defer { close(lock) }
        giveToOwner(lock)
        // A process that was stopped while it held the lock must not stop this one with it.
        let end = ContinuousClock.now + TokenBook.patience
        while flock(lock, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EINTR || errno == EWOULDBLOCK else { throw .unwritable(path: path, errno: errno) }
            guard ContinuousClock.now < end else { throw .busy(path: path) }
            usleep(2_000)
        }
        var records = try read()
        try body(&records)
        var encoder = Encoder()
        encoder.raw(TokenBook.magic)
        encoder.list(records)
        encoder.raw(SM3.hash(encoder.bytes).bytes)
        try replace(encoder.bytes)
        state.withLock { $0.looked = nil }
    }

    /// Beside the file first, durable, then in its place.
    private func replace(_ bytes: [UInt8]) throws(TokenError) {
        let draft = "\(path).new"
        // SAFETY (this function): paths are C strings for the time of each call, buffers arrays with their counts.
        let file = unsafe open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .unwritable(path: draft, errno: errno) }
        var rest = bytes[...]
        var failure: Int32?
        while failure == nil, !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { failure = errno }
        }
        if failure == nil, fsync(file) != 0 { failure = errno }
        giveToOwner(file)
        close(file)
        if let failure { throw .unwritable(path: draft, errno: failure) }
        guard unsafe rename(draft, path) == 0 else { throw .unwritable(path: path, errno: errno) }
        let folder = unsafe open(folderPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .unwritable(path: path, errno: errno) }
        _ = fsync(folder)
        close(folder)
    }

    private var folderPath: String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }

    /// A command that root runs leaves no file the node's own user cannot read.
    private func giveToOwner(_ file: Int32) {
        guard geteuid() == 0 else { return }
        var status = stat()
        // SAFETY: the kernel fills the structure it is given, which is ours.
        guard unsafe stat(folderPath, &status) == 0 else { return }
        _ = fchown(file, status.st_uid, status.st_gid)
    }
}
