// SPDX-License-Identifier: Apache-2.0
import ContractKit
import Foundation

/// Values as a person writes them in JSON, to and from canonical bytes, by what a description says of their type.
///
/// Numbers beyond 2^53 are strings; bytes and digests are hexadecimal; `{"sm3": "text"}` is the digest of a text; a
/// moment is milliseconds; a choice is its name; a record is an object; nothing is null.
enum ShapeCoding {
    struct Mismatch: Error, CustomStringConvertible {
        let description: String
    }

    static func write(_ value: Any, _ shape: Shape, into writer: inout Writer) throws {
        switch shape {
        case .flag: writer.put(try cast(value, Bool.self, "a flag"))
        case .number, .moment: writer.put(try number(value))
        case .signed: writer.put(try signed(value))
        case .text: writer.put(try Text(utf8: Bytes(Array(cast(value, String.self, "a text").utf8))))
        case .bytes: writer.put(Bytes(try hex(value)))
        case .digest: writer.raw(Bytes(try digest(value)))
        case .optional(let wrapped):
            writer.put(!(value is NSNull))
            if !(value is NSNull) { try write(value, wrapped, into: &writer) }
        case .list(let element):
            let elements = try cast(value, [Any].self, "a list")
            writer.number(UInt64(elements.count))
            for each in elements { try write(each, element, into: &writer) }
        case .choice(let cases):
            let name = try cast(value, String.self, "a choice")
            guard let chosen = cases.first(where: { $0.name.description == name }) else {
                throw Mismatch(description: "\(name) is no choice")
            }
            writer.byte(chosen.tag)
        case .record(_, let parts):
            let fields = try cast(value, [String: Any].self, "a record")
            for part in parts { try write(fields[part.name.description] ?? NSNull(), part.shape, into: &writer) }
        }
    }

    static func read(_ shape: Shape, from reader: inout Reader) throws -> Any {
        switch shape {
        case .flag: return try Bool(from: &reader)
        case .number, .moment:
            let value = try reader.number()
            return value < 1 << 53 ? Int(value) as Any : String(value)
        case .signed: return Int(try Int64(from: &reader))
        case .text: return String(decoding: try Text(from: &reader).bytes.array, as: UTF8.self)
        case .bytes: return hex(try reader.lengthAndBytes().array)
        case .digest: return hex(try reader.raw(count: 32).array)
        case .optional(let wrapped): return try Bool(from: &reader) ? try read(wrapped, from: &reader) : NSNull()
        case .list(let element):
            let count = try reader.number(max: UInt64(reader.remaining))
            return try (0..<count).map { _ in try read(element, from: &reader) }
        case .choice(let cases):
            let tag = try reader.byte()
            guard let chosen = cases.first(where: { $0.tag == tag }) else { throw Failure.malformed }
            return chosen.name.description
        case .record(_, let parts):
            var fields: [String: Any] = [:]
            for part in parts { fields[part.name.description] = try read(part.shape, from: &reader) }
            return fields
        }
    }

    /// A simple type by its name in a description; with a question mark behind it, one that may be absent.
    static func shape(_ name: Any) throws -> Shape {
        let name = try cast(name, String.self, "a type")
        if name.hasSuffix("?") { return .optional(try shape(String(name.dropLast()))) }
        let known: [String: Shape] = [
            "flag": .flag, "number": .number, "signed": .signed, "text": .text, "bytes": .bytes, "digest": .digest,
            "moment": .moment,
        ]
        guard let shape = known[name] else { throw Mismatch(description: "\(name) is no simple type") }
        return shape
    }

    static func hex(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    private static func cast<Wanted>(_ value: Any, _ type: Wanted.Type, _ what: String) throws -> Wanted {
        guard let wanted = value as? Wanted else { throw Mismatch(description: "\(value) is not \(what)") }
        return wanted
    }

    private static func number(_ value: Any) throws -> UInt64 {
        if let text = value as? String, let number = UInt64(text) { return number }
        guard let number = value as? NSNumber, number.int64Value >= 0 else {
            throw Mismatch(description: "\(value) is not a number")
        }
        return number.uint64Value
    }

    private static func signed(_ value: Any) throws -> Int64 { try cast(value, NSNumber.self, "a number").int64Value }

    static func hex(_ value: Any) throws -> [UInt8] {
        let digits = Array(try cast(value, String.self, "hexadecimal").utf8)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap { at in
            UInt8(String(decoding: digits[at...at + 1], as: UTF8.self), radix: 16)
        }
        guard bytes.count * 2 == digits.count else { throw Mismatch(description: "\(value) is not hexadecimal") }
        return bytes
    }

    private static func digest(_ value: Any) throws -> [UInt8] {
        if let text = (value as? [String: String])?["sm3"] { return SM3.digest(of: Array(text.utf8)) }
        let bytes = try hex(value)
        guard bytes.count == 32 else { throw Mismatch(description: "\(value) is not a digest") }
        return bytes
    }
}
