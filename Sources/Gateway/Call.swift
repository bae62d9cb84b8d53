// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import HTTPTypes
import HummingbirdCore
import Ledger
import NIOCore
import ShangMi

/// One request, matched to an operation: what was said, each part read at most once and refused by name.
struct Call: Sendable {
    let door: Door
    let request: Request
    let operation: Operation
    let path: [String: Substring]
    /// Parameters of the query in the order they came, not decoded yet.
    let query: [(name: Substring, value: Substring)]
    var caller = Caller.stranger
    /// What counts as one address, empty where nobody knows.
    var address = ""

    // MARK: Parameters

    /// A parameter of the path, percent-decoded.
    func path(_ name: String) throws(Problem) -> String {
        guard let raw = path[name], let text = PercentEncoding.decode(raw) else {
            throw Problem(.malformedRequest, "\(name) in the path is not percent-encoded UTF-8")
        }
        return text
    }

    /// A parameter of the query; nil where it is absent, refused where it stands twice.
    func query(_ name: String) throws(Problem) -> String? {
        let values = query.filter { $0.name == name }
        guard let value = values.first?.value else { return nil }
        guard values.count == 1, let text = PercentEncoding.decode(value) else {
            throw Problem(.malformedRequest, "\(name) stands twice or is not percent-encoded UTF-8")
        }
        return text
    }

    func number(_ name: String, max: UInt64) throws(Problem) -> UInt64? {
        guard let text = try query(name) else { return nil }
        return try Call.number(text, name, max: max)
    }

    static func number(_ text: String, _ name: String, max: UInt64) throws(Problem) -> UInt64 {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt64(text), number <= max
        else {
            throw Problem(.malformedRequest, "\(name) is not a whole number up to \(max)")
        }
        return number
    }

    func flag(_ name: String) throws(Problem) -> Bool {
        switch try query(name) {
        case nil, "false": return false
        case "true", "": return true
        default: throw Problem(.malformedRequest, "\(name) is neither true nor false")
        }
    }

    func height(_ name: String) throws(Problem) -> Height? {
        try number(name, max: Height.max).map { Height($0) }
    }

    /// How many elements of a list are wanted, 1 to 1000.
    func limit(default standard: Int) throws(Problem) -> Int {
        guard let limit = try number("limit", max: 1000) else { return standard }
        guard limit > 0 else { throw Problem(.malformedRequest, "limit is 0") }
        return Int(limit)
    }

    static func digest(_ text: String, _ name: String) throws(Problem) -> Digest {
        guard let digest = Digest(hex: text) else {
            throw Problem(.malformedRequest, "\(name) is not 64 hexadecimal digits")
        }
        return digest
    }

    static func label(_ text: String, _ name: String) throws(Problem) -> Label {
        guard let label = Label(text) else {
            throw Problem(
                .malformedRequest, "\(name) is longer than \(Limits.labelBytesMax) bytes or holds controls")
        }
        return label
    }

    // MARK: Chains

    /// The chain of the path.
    func chain() async throws(Problem) -> any ChainAccess { try await door.chain(named: path("chain")) }

    /// The chain of the query, or the default one.
    func chainOfQuery() async throws(Problem) -> any ChainAccess {
        try await door.chain(named: query("chain") ?? door.configuration.defaultChain)
    }

    // MARK: The body

    /// Refuses a request that is not of the operation's content type, before anything of it is read.
    func checkContentType() throws(Problem) {
        guard let intake = operation.intake else { return }
        let given = request.headers[.contentType] ?? ""
        let type = given.split(separator: ";", maxSplits: 1).first.map { $0.lowercased() } ?? ""
        // No trimming by Foundation: a space before the semicolon is the one that occurs.
        guard type.split(separator: " ").first.map(String.init) == intake.contentType else {
            throw Problem(
                .wrongContentType,
                "the body is \(given.isEmpty ? "of no stated type" : given), "
                    + "not \(intake.contentType)")
        }
    }

    /// Room for the body, by its stated length or the most it may have; the caller gives it back.
    func reserveBody() throws(Problem) -> Int {
        guard let intake = operation.intake else { return 0 }
        var size = intake.bytesMax
        if let text = request.headers[.contentLength] {
            let stated = try Call.number(text, "Content-Length", max: UInt64(Int64.max))
            guard stated <= UInt64(intake.bytesMax) else { throw tooLarge(intake) }
            size = Int(stated)
        }
        guard door.occupancy.take(.bodyBytes, size) else {
            throw Problem(.tooManyRequests, "the bodies under way fill the gateway's memory for them")
        }
        return size
    }

    /// The whole body, as bytes; reading stops at the first byte too many.
    func body() async throws -> [UInt8] {
        guard let intake = operation.intake else { return [] }
        var bytes: [UInt8] = []
        if let text = request.headers[.contentLength], let stated = Int(text) {
            bytes.reserveCapacity(stated)
        }
        do {
            for try await piece in request.body {
                guard bytes.count + piece.readableBytes <= intake.bytesMax else { throw tooLarge(intake) }
                bytes.append(contentsOf: piece.readableBytesView)
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            // The sender went away or sent a broken chunk: its fault, and nothing for the operator's log.
            throw Problem(.malformedRequest, "the body broke off")
        }
        // Bytes that were signed for are these or none (API-42).
        if let stated = request.headers[.jiudingDigest], SM3.hash(bytes).hex != stated.lowercased() {
            throw Problem(.requestSignature, "the body is not the one whose digest was sent")
        }
        return bytes
    }

    private func tooLarge(_ intake: Operation.Intake) -> Problem {
        Problem(.bodyTooLarge, "the body is larger than \(intake.bytesMax) bytes")
    }

    /// The body as JSON of a given shape.
    ///
    /// Foundation's decoder, unlike on the way out: these bodies are few and small, and the server has it
    /// anyway.
    func json<Form: Decodable>(_ form: Form.Type) async throws -> Form {
        let bytes = try await body()
        do {
            return try JSONDecoder().decode(form, from: Data(bytes))
        } catch let error as DecodingError {
            throw Problem(.malformedRequest, Call.describe(error))
        } catch {
            throw Problem(.malformedRequest, "the body is not JSON")
        }
    }

    private static func describe(_ error: DecodingError) -> String {
        func field(_ context: DecodingError.Context) -> String {
            context.codingPath.isEmpty
                ? "the body" : context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        return switch error {
        case .keyNotFound(let key, _): "the field \(key.stringValue) is missing"
        case .typeMismatch(_, let context): "\(field(context)) is of another type"
        case .valueNotFound(_, let context): "\(field(context)) is null"
        case .dataCorrupted(let context): "\(field(context)) is not well-formed JSON"
        @unknown default: "the body is not JSON"
        }
    }

    /// The key bound to the caller's token.
    func signer() throws(Problem) -> any Signer {
        guard let signer = caller.signer else {
            throw Problem(.scopeTooSmall, "the gateway has no key to sign with for this caller")
        }
        return signer
    }

    // MARK: Answers

    static func json(_ status: Int = 200, reserving capacity: Int = 512, _ write: (inout JSONWriter) -> Void)
        -> Response
    {
        var writer = JSONWriter(reserving: capacity)
        write(&writer)
        return bytes(writer.bytes, "application/json", status: status)
    }

    static func bytes(_ bytes: [UInt8], _ contentType: String, status: Int = 200) -> Response {
        Response(
            status: .init(code: status), headers: [.contentType: contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
