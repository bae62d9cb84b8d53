// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import Glibc
import Ledger
import ShangMi

/// Receipts and trust anchors on disk.
enum ReceiptFile {
    static let ending = ".receipt"

    /// - Throws: `Failure` JD-2101 where the file is no receipt, JD-4008 where it cannot be read.
    static func read(_ path: String) throws(Failure) -> EvidenceReceipt {
        let bytes = try bytes(path, max: Limits.receiptFileBytesMax)
        do { return try EvidenceReceipt(decoding: bytes) } catch { throw Failure(ProofError.malformed(error)).at(path) }
    }

    static func readAnchor(_ path: String) throws(Failure) -> TrustAnchor {
        let bytes = try bytes(path, max: Limits.receiptFileBytesMax)
        do { return try TrustAnchor(decoding: bytes) } catch { throw Failure(ProofError.malformed(error)).at(path) }
    }

    /// Writes a file whole or not at all: whoever looks sees the old one or the new one.
    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        let folder = (path as NSString).deletingLastPathComponent
        do {
            if !folder.isEmpty {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            }
        } catch { throw unwritable(path, errno) }
        let temporary = "\(path).\(ProcessInfo.processInfo.processIdentifier)~"
        // SAFETY: the path is a C string for the time of the call.
        let file = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard file >= 0 else { throw unwritable(path, errno) }
        var written = 0
        while written < bytes.count {
            // SAFETY: the pointer lives for the call, and count stays within the array.
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(file, $0.baseAddress! + written, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            written += count
        }
        let synced = written == bytes.count && fsync(file) == 0
        let reason = errno
        close(file)
        // SAFETY: both paths are C strings for the time of the calls.
        guard synced, unsafe rename(temporary, path) == 0 else {
            _ = unsafe unlink(temporary)
            throw unwritable(path, synced ? errno : reason)
        }
    }

    /// Gives a receipt that is there a name of its own, made of its content: `NAME.1f2e3d4c5b6a.receipt`.
    static func setAside(_ path: String) throws(Failure) {
        let content = try bytes(path, max: Limits.receiptFileBytesMax)
        let aside = "\(path.dropLast(ending.count)).\(SM3.hash(content).hex.prefix(12))\(ending)"
        // SAFETY: both paths are C strings for the time of the call.
        guard unsafe rename(path, aside) == 0 else { throw unwritable(aside, errno) }
    }

    private static func bytes(_ path: String, max: Int) throws(Failure) -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw FileDigest.Flaw.unreadable(errno: errno).failure(path)
        }
        defer { try? file.close() }
        // One byte more than allowed, so that the decoder sees that it is too long.
        do { return [UInt8](try file.read(upToCount: max + 1) ?? Data()) } catch {
            throw FileDigest.Flaw.notPlain.failure(path)
        }
    }

    private static func unwritable(_ path: String, _ number: Int32) -> Failure {
        Failure(
            .no, "JD-4009",
            phrase(
                "\(path) cannot be written: \(SystemReason.text(number))",
                zh: "无法写入 \(path)：\(SystemReason.text(number))"),
            fix: phrase(
                "check the folder's mode and the free space, or write elsewhere with --out",
                zh: "请检查目录权限与剩余空间，或用 --out 写到别处"))
    }
}

extension Failure {
    /// The same failure, saying which file it is about.
    func at(_ path: String) -> Failure { Failure(exit, code, "\(sentence) (\(path))", fix: fix) }
}

/// The trust anchor a command checks against: `--trust`, `$JIUDING_TRUST`, or DATA/trust/CHAIN.trust.
enum TrustChoice {
    static func path(_ given: String?, data: String, chain: String) -> String {
        if let given { return given }
        let environment = ProcessInfo.processInfo.environment["JIUDING_TRUST"] ?? ""
        return environment.isEmpty ? "\(data)/trust/\(chain).trust" : environment
    }

    /// - Throws: JD-4010 where there is none.
    static func anchor(_ given: String?, data: String, chain: String) throws(Failure) -> TrustAnchor {
        let path = path(given, data: data, chain: chain)
        guard FileManager.default.fileExists(atPath: path) else {
            throw Failure(
                .usage, "JD-4010", phrase("there is no trust anchor at \(path)", zh: "找不到信任锚 \(path)"),
                fix: phrase(
                    "get the .trust file from an organisation you trust and name it with --trust or $JIUDING_TRUST",
                    zh: "请从可信机构取得 .trust 文件，并用 --trust 或 $JIUDING_TRUST 指定"))
        }
        return try ReceiptFile.readAnchor(path)
    }

    static func client(_ anchor: TrustAnchor) throws(Failure) -> LightClient<SM2.Verifier> {
        do { return try LightClient(anchor: anchor, scheme: SM2.Verifier()) } catch {
            throw Failure(error, anchor: anchor)
        }
    }
}
