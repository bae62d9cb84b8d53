// SPDX-License-Identifier: Apache-2.0

/// The frame every byte on the link stands in: kind, version, length, content.
///
/// - Spec: TLCP-1, TLCP-2.
struct Record {
    static let version: UInt16 = 0x0101

    enum Kind: UInt8, Hashable, Sendable {
        case cipherChange = 20
        case alert = 21
        case handshake = 22
        case data = 23
    }

    let kind: Kind
    var content: [UInt8]

    static func header(_ kind: Kind, count: Int) -> [UInt8] {
        [kind.rawValue, UInt8(version >> 8), UInt8(version & 0xff), UInt8(count >> 8), UInt8(count & 0xff)]
    }
}

/// Cuts what arrives into records. It holds at most one record that is not whole, and what came after a whole one that
/// nobody asked for yet.
struct RecordBuffer {
    private var bytes: [UInt8] = []
    private var next = 0

    /// Bytes that wait.
    var count: Int { bytes.count - next }

    mutating func append(_ more: [UInt8]) {
        if next == bytes.count {
            bytes = more
        } else {
            if next > 0 { bytes.removeSubrange(..<next) }
            bytes += more
        }
        next = 0
    }

    /// - Parameters:
    ///   - isProtected: whether contents carry a tag or padding, and so may be longer.
    ///   - isFirst: whether nothing has come before: then what is no record is looked at for what it is.
    /// - Returns: nil while no record is whole.
    mutating func record(isProtected: Bool, isFirst: Bool) throws(Failure) -> Record? {
        guard count > 0 else { return nil }
        guard let kind = Record.Kind(rawValue: bytes[next]) else {
            if isFirst { throw try foreign() ?? .notTLCP(.unknown(Array(bytes[next...].prefix(8)))) }
            throw .malformedRecord(reason: "its kind is \(bytes[next])")
        }
        guard count >= 3 else { return nil }
        let version = UInt16(bytes[next + 1]) << 8 | UInt16(bytes[next + 2])
        guard version == Record.version else {
            if bytes[next + 1] == 3 { throw .notTLCP(.tls(version: version)) }
            if isFirst { throw .notTLCP(.unknown(Array(bytes[next...].prefix(8)))) }
            throw .malformedRecord(reason: "its version is \(version)")
        }
        guard count >= Limits.recordHeaderBytes else { return nil }
        let length = Int(bytes[next + 3]) << 8 | Int(bytes[next + 4])
        let limit = Limits.recordBytesMax + (isProtected ? Limits.protectionBytesMax : 0)
        guard length <= limit else { throw .recordTooLong(found: length) }
        guard length > 0 else { throw .malformedRecord(reason: "it is empty") }
        guard count >= Limits.recordHeaderBytes + length else { return nil }
        let start = next + Limits.recordHeaderBytes
        let end = start + length
        let record = Record(kind: kind, content: Array(bytes[start..<end]))
        // What was read to its end is not held until more comes.
        if end == bytes.count { (bytes, next) = ([], 0) } else { next = end }
        return record
    }

    /// What speaks here instead, where that can be told; nil where more bytes would not help either.
    private func foreign() throws(Failure) -> Failure? {
        let start = bytes[next...].prefix(8)
        // SSL 2's hello, which old scanners still send, and every text protocol begin otherwise than a record.
        guard start.allSatisfy({ (0x20...0x7e).contains($0) || $0 == 0x0d || $0 == 0x0a }) else { return nil }
        return .notTLCP(.text(String(decoding: start.filter { $0 >= 0x20 }, as: UTF8.self)))
    }
}

/// Puts handshake messages together from the contents of records, which may cut them anywhere.
///
/// - Spec: TLCP-4.
struct MessageBuffer {
    private var bytes: [UInt8] = []

    var isEmpty: Bool { bytes.isEmpty }

    mutating func append(_ content: [UInt8]) { bytes += content }

    /// - Returns: nil while no message is whole.
    /// - Throws: as soon as a header says that its message is none or too long.
    mutating func next() throws(Failure) -> HandshakeMessage? {
        guard let first = bytes.first else { return nil }
        guard let kind = HandshakeKind(rawValue: first) else {
            throw .unexpected(found: "a handshake message of kind \(first)", wanted: "one of the standard's")
        }
        guard bytes.count >= HandshakeMessage.headerBytes else { return nil }
        let length = Int(bytes[1]) << 16 | Int(bytes[2]) << 8 | Int(bytes[3])
        let limit = Limits.bodyBytesMax(kind)
        guard length <= limit else { throw .messageTooLong(kind, found: length, limit: limit) }
        let end = HandshakeMessage.headerBytes + length
        guard bytes.count >= end else { return nil }
        defer { bytes.removeSubrange(..<end) }
        return HandshakeMessage(kind: kind, bytes: Array(bytes[..<end]))
    }
}
