// SPDX-License-Identifier: Apache-2.0
package import Bedrock

/// How the execution of a transaction ended, as a number that never changes its meaning (EXEC-3).
///
/// Zero is success. Codes of the platform lie below 1300, those of native contracts above.
package struct ResultCode: Hashable, Sendable, Canonical {
    package let value: UInt16

    package init(_ value: UInt16) { self.value = value }

    package var isSuccess: Bool { value == 0 }

    package static let success = ResultCode(0)
    package static let unknownContract = ResultCode(1201)
    package static let unknownMethod = ResultCode(1202)
    package static let malformedArguments = ResultCode(1203)
    package static let outOfGas = ResultCode(1204)
    package static let unknownSender = ResultCode(1205)
    package static let outsideWindow = ResultCode(1206)
    package static let evidenceNotFound = ResultCode(1301)
    package static let evidenceNotOwned = ResultCode(1302)
    package static let evidenceNotesFull = ResultCode(1303)
    package static let committeeNotValidator = ResultCode(1401)
    package static let committeeChangePending = ResultCode(1402)
    package static let committeeOtherEpoch = ResultCode(1403)
    package static let committeeTooSmall = ResultCode(1404)
    package static let committeeApprovedAlready = ResultCode(1405)

    package func encode(into encoder: inout Encoder) { encoder.number(UInt64(value)) }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        value = UInt16(try decoder.number(max: UInt64(UInt16.max)))
    }
}
