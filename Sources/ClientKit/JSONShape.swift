// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi

/// An answer is JSON but not of the shape it should be; says where.
struct JSONShape: Error, Hashable, Sendable {
    let reason: String

    /// Walks a JSON value and knows where it is, so that a complaint names the field.
    ///
    /// Unknown fields are passed over: the interface may grow (API-1).
    struct Reader: Sendable {
        private let value: JSONValue?
        private let place: String

        init(_ value: JSONValue?, at place: String) {
            self.value = value
            self.place = place
        }

        /// The field of an object; an absent one is told apart from null only by what is then asked of it.
        subscript(key: String) -> Reader {
            guard case .object(let fields) = value else { return Reader(nil, at: "\(place).\(key)") }
            return Reader(fields.first { $0.key == key }?.value, at: "\(place).\(key)")
        }

        func wrong(_ expected: String) -> JSONShape { JSONShape(reason: "\(place) is not \(expected)") }

        func text() throws(JSONShape) -> String {
            guard case .text(let text) = value else { throw wrong("a string") }
            return text
        }

        func flag() throws(JSONShape) -> Bool {
            guard case .flag(let flag) = value else { throw wrong("true or false") }
            return flag
        }

        func signed() throws(JSONShape) -> Int64 {
            guard case .number(let text) = value, let number = Int64(text) else { throw wrong("an integer") }
            return number
        }

        func number(max: UInt64 = .max) throws(JSONShape) -> UInt64 {
            guard case .number(let text) = value, let number = UInt64(text), number <= max else {
                throw wrong("a number in range")
            }
            return number
        }

        func int() throws(JSONShape) -> Int { Int(try number(max: UInt64(Int32.max))) }

        func ordinal<Kind>(_ kind: Ordinal<Kind>.Type) throws(JSONShape) -> Ordinal<Kind> {
            Ordinal(try number(max: Ordinal<Kind>.max))
        }

        func list<Element>(
            _ element: (Reader) throws(JSONShape) -> Element
        ) throws(JSONShape) -> [Element] {
            guard case .list(let values) = value else { throw wrong("a list") }
            var elements: [Element] = []
            elements.reserveCapacity(values.count)
            for item in values { elements.append(try element(Reader(item, at: "\(place)[]"))) }
            return elements
        }

        /// Nil for null; an absent field is an error, because the interface promises each.
        func orNull<Value>(_ read: (Reader) throws(JSONShape) -> Value) throws(JSONShape) -> Value? {
            if case .null = value { return nil }
            return try read(self)
        }

        func digest() throws(JSONShape) -> Digest {
            guard let digest = Digest(hex: try text()) else { throw wrong("64 hexadecimal digits") }
            return digest
        }

        func identifier<Kind>(_ kind: Identifier<Kind>.Type) throws(JSONShape) -> Identifier<Kind> {
            Identifier(try digest())
        }

        func label() throws(JSONShape) -> Label {
            guard let label = Label(try text()) else { throw wrong("a short plain text") }
            return label
        }

        func bytes() throws(JSONShape) -> [UInt8] {
            guard let bytes = Base64.decode(try text()) else { throw wrong("base64") }
            return bytes
        }

        /// A canonical value in base64.
        func canonical<Value: Canonical>(_ type: Value.Type) throws(JSONShape) -> Value {
            do { return try Value(decoding: try bytes()) } catch let error as DecodeError {
                throw wrong("canonical at byte \(error.offset)")
            } catch let error as JSONShape { throw error } catch { throw wrong("canonical") }
        }

        func time() throws(JSONShape) -> Timestamp {
            guard let time = Timestamp(rfc3339: try text()) else { throw wrong("a time in UTC") }
            return time
        }
    }
}
