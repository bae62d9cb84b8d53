// SPDX-License-Identifier: Apache-2.0
import Ledger
import NIOHTTP1

/// What a connection may be told before any operation has seen its request.
enum EarlyRefusal: CaseIterable {
    case tooManyConnections, malformedHead, headTooLarge, tooSlow

    var status: HTTPResponseStatus {
        switch self {
        case .tooManyConnections: .serviceUnavailable
        case .malformedHead: .badRequest
        case .headTooLarge: .requestHeaderFieldsTooLarge
        case .tooSlow: .requestTimeout
        }
    }

    private var code: StableCode { self == .tooManyConnections ? .tooManyRequests : .malformedRequest }

    private var detail: String {
        switch self {
        case .tooManyConnections: "the gateway has as many connections as it takes"
        case .malformedHead: "the request's head is not HTTP/1.1, or says twice where its body ends"
        case .headTooLarge: "the request's header fields are too many or too large"
        case .tooSlow: "the request took too long to arrive"
        }
    }

    /// The problem document.
    var document: [UInt8] {
        Problem(status: Int(status.code), code: code, detail: detail).document(instance: "")
    }
}
