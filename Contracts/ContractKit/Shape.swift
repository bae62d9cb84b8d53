// SPDX-License-Identifier: Apache-2.0

/// What a description says of a type (KIT-10). Lives in the native build only: a chain runs no description.
public indirect enum Shape: Sendable {
    case flag, number, signed, text, bytes, digest, moment
    case optional(Shape)
    case list(Shape)
    case choice([Case])
    /// Fields in the order they are written; nothing stands between them.
    case record(StaticString, [Part])

    public struct Case: Sendable {
        public let tag: UInt8
        public let name: StaticString

        public init(tag: UInt8, name: StaticString) {
            self.tag = tag
            self.name = name
        }
    }

    public struct Part: Sendable {
        public let name: StaticString
        public let shape: Shape

        public init(_ name: StaticString, _ shape: Shape) {
            self.name = name
            self.shape = shape
        }
    }
}
