// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ClientKit
import Ledger

extension ContractShape {
    /// Why a value is none of its type.
    package struct Mismatch: Error, Hashable {
        /// `expires: "soon" is no moment`
        package let reason: String
    }

    /// Writes a value as a person gives it: numbers, digests, bytes and moments as words too, choices by name.
    package func write(_ value: JSONValue, into encoder: inout Encoder) throws(Mismatch) {
        switch self {
        case .optional(let wrapped):
            encoder.flag(value != .null)
            if value != .null { try wrapped.write(value, into: &encoder) }
        case .list(let element):
            guard let elements = value.elements else { throw mismatch(value) }
            encoder.count(elements.count)
            for item in elements { try element.write(item, into: &encoder) }
        case .record(_, let parts):
            guard case .object(let fields) = value else { throw mismatch(value) }
            if let stray = fields.first(where: { field in !parts.contains { $0.name == field.key } }) {
                throw Mismatch(reason: "\(stray.key) is none of \(word)")
            }
            for part in parts { try part.shape.write(value.member(part.name) ?? .null, into: &encoder) }
        case .choice(let cases):
            guard let chosen = cases.first(where: { $0.name == value.string }) else { throw mismatch(value) }
            encoder.u8(chosen.tag)
        default: try writeSimple(value, into: &encoder)
        }
    }

    private func writeSimple(_ value: JSONValue, into encoder: inout Encoder) throws(Mismatch) {
        switch (self, value) {
        case (.flag, .flag(let flag)): encoder.flag(flag)
        case (.flag, .text("true")): encoder.flag(true)
        case (.flag, .text("false")): encoder.flag(false)
        case (.number, .number(let digits)), (.number, .text(let digits)):
            guard let number = UInt64(digits) else { throw mismatch(value) }
            encoder.number(number)
        case (.signed, .number(let digits)), (.signed, .text(let digits)):
            guard let number = Int64(digits) else { throw mismatch(value) }
            encoder.number(UInt64(bitPattern: (number << 1) ^ (number >> 63)))
        case (.text, .text(let text)):
            guard !text.utf8.contains(0) else { throw mismatch(value) }
            encoder.bytes(Array(text.utf8))
        case (.bytes, .text(let text)):
            guard let bytes = Hex.decode(text) else { throw mismatch(value) }
            encoder.bytes(bytes)
        case (.digest, .text(let text)):
            guard let bytes = Hex.decode(text), bytes.count == 32 else { throw mismatch(value) }
            encoder.raw(bytes)
        case (.moment, .number(let text)), (.moment, .text(let text)):
            guard let time = UInt64(text) ?? Timestamp(written: text)?.value else { throw mismatch(value) }
            encoder.number(time)
        default: throw mismatch(value)
        }
    }

    private func mismatch(_ value: JSONValue) -> Mismatch {
        let given =
            switch value {
            case .text(let text): "\"\(text.prefix(64))\""
            case .number(let digits): digits
            case .null: "nothing"
            default: "what was given"
            }
        return Mismatch(reason: "\(given) is no \(word)")
    }

    /// Reads a value as a program prints it: bytes and digests in hexadecimal, numbers beyond 2^53 as texts.
    /// - Throws: where the bytes are no value of this type.
    package func read(from decoder: inout Decoder) throws(DecodeError) -> JSONText {
        switch self {
        case .flag: return .flag(try decoder.flag())
        case .number, .moment:
            let number = try decoder.number()
            return number < 1 << 53 ? .whole(number) : .text("\(number)")
        case .signed:
            let code = try decoder.number()
            let number = Int64(bitPattern: code >> 1) ^ -Int64(bitPattern: code & 1)
            return number.magnitude < 1 << 53 ? .whole(number) : .text("\(number)")
        case .text: return .text(String(decoding: try decoder.bytes(max: .max), as: UTF8.self))
        case .bytes: return .text(Hex.encode(try decoder.bytes(max: .max)))
        case .digest: return .text(Hex.encode(try decoder.raw(count: 32)))
        case .optional(let wrapped): return try decoder.flag() ? try wrapped.read(from: &decoder) : .null
        case .list(let element):
            let count = try decoder.count(max: decoder.remaining)
            var elements: [JSONText] = []
            for _ in 0..<count { elements.append(try element.read(from: &decoder)) }
            return .list(elements)
        case .choice(let cases):
            let start = decoder.offset
            let tag = try decoder.u8()
            guard let chosen = cases.first(where: { $0.tag == tag }) else { throw .notCanonical(offset: start) }
            return .text(chosen.name)
        case .record(_, let parts):
            var members: [JSONText.Member] = []
            for part in parts { members.append(.init(key: part.name, value: try part.shape.read(from: &decoder))) }
            return .object(members)
        }
    }

    /// A whole value; nil where the bytes are none of this type.
    package func value(of bytes: [UInt8]) -> JSONText? {
        var decoder = Decoder(bytes)
        guard let value = try? read(from: &decoder), (try? decoder.finish()) != nil else { return nil }
        return value
    }
}
