// SPDX-License-Identifier: Apache-2.0
import ContractKit

/// One field of a form: its type and what a value must keep to.
/// - Spec: KIT-16.
struct FormField {
    enum Kind: UInt8 {
        case flag, number, signed, text, bytes, digest, moment, choice
    }

    let name: Text
    let kind: Kind
    let isRequired: Bool
    /// True where it never changes once the record is made.
    let isFixed: Bool
    let isIndexed: Bool
    /// Bounds of a number's value, or of the length in bytes of a text or bytes; of a choice, the number of choices.
    let least: UInt64
    let most: UInt64

    init(from reader: inout Reader) throws(Failure) {
        name = try reader.take()
        guard let kind = Kind(rawValue: try reader.byte()) else { throw .malformed }
        self.kind = kind
        isRequired = try reader.take()
        isFixed = try reader.take()
        isIndexed = try reader.take()
        least = try reader.number()
        most = try reader.number()
    }

    /// Reads a value and checks it; gives its canonical bytes.
    func value(from reader: inout Reader) throws(Failure) -> Bytes {
        let start = reader.offset
        switch kind {
        case .flag: _ = try Bool(from: &reader)
        case .number: try check(reader.number())
        case .signed: _ = try Int64(from: &reader)
        case .text: try check(UInt64(Text(from: &reader).bytes.count))
        case .bytes: try check(UInt64(reader.lengthAndBytes().count))
        case .digest: _ = try reader.raw(count: 32)
        case .moment: _ = try reader.number()
        case .choice: if UInt64(try reader.byte()) >= most { throw Form.outOfRange.about(name) }
        }
        return reader.bytesRead(since: start)
    }

    private func check(_ size: UInt64) throws(Failure) {
        if size < least || size > most { throw Form.outOfRange.about(name) }
    }

    /// A value's bytes in the order of values (KIT-5); a choice sorts by its number, a signed number from its least.
    func ordered(_ value: Bytes) throws(Failure) -> Bytes {
        var reader = Reader(value)
        var writer = Writer()
        switch kind {
        case .number, .moment: try reader.number().encodeOrdered(into: &writer)
        case .signed: (UInt64(bitPattern: try Int64(from: &reader)) ^ (1 << 63)).encodeOrdered(into: &writer)
        case .text: try Text(from: &reader).encodeOrdered(into: &writer)
        case .flag, .choice: writer.byte(try reader.byte())
        case .digest, .bytes: writer.raw(value)
        }
        return writer.done()
    }
}
