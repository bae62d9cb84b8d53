// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Ledger

/// A refused request: what the caller gets as an RFC 9457 problem document.
/// - Spec: API-3.
package struct Problem: Error, Hashable {
    package let status: Int
    package let code: StableCode
    /// What was the matter this time, in one sentence; names the field or the value.
    package let detail: String
    /// Seconds until it may be tried again.
    var retryAfter: Int?
    /// Methods the path does take, where it does not take this one.
    var allow: [String] = []

    init(status: Int, code: StableCode, detail: String, retryAfter: Int? = nil, allow: [String] = []) {
        self.status = status
        self.code = code
        self.detail = detail
        self.retryAfter = retryAfter
        self.allow = allow
    }

    /// A problem whose status follows from its code.
    init(_ code: StableCode, _ detail: String) {
        self.init(status: Problem.status(of: code), code: code, detail: detail)
        if status == 429 || status == 503 { retryAfter = 1 }
    }

    /// The status a code has wherever no operation knows better.
    private static func status(of code: StableCode) -> Int {
        switch code {
        case .unknownChain, .notFound, .evidenceNotFound: 404
        case .heightPruned, .blockArchived: 410
        case .bodyTooLarge, .oversized: 413
        case .wrongContentType: 415
        case .tooManyRequests, .poolFull, .quotaUsed, .rateUsed, .dayUsed: 429
        case .unauthorised, .tokenExpired, .tokenRevoked, .requestClock, .requestReplayed, .requestSignature: 401
        case _ where code.deniesRight: 403
        case .tokensFull: 422
        case .chainHalted, .refusedForNow, .auditUnwritable: 503
        case .gatewayInternal: 500
        default: 400
        }
    }

    func document(instance: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("type", "https://jiuding.dev/problems/\(code.label)")
            writer.field("title", code.title)
            writer.field("status", status)
            writer.field("detail", detail)
            writer.field("instance", instance)
            writer.field("code", code.label)
            writer.field("fix", code.fix)
        }
        return writer.bytes
    }

    func response(instance: String) -> Response {
        var headers: HTTPFields = [.contentType: "application/problem+json"]
        if let retryAfter { headers[.retryAfter] = "\(retryAfter)" }
        if !allow.isEmpty { headers[.allow] = allow.joined(separator: ", ") }
        if status == 401 { headers[.wwwAuthenticate] = "Bearer" }
        return Response(
            status: .init(code: status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: document(instance: instance))))
    }
}
