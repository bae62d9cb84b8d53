// SPDX-License-Identifier: Apache-2.0

/// A type of values. There are two: floats, vectors and references are refused (WASM-2).
package enum WasmType: UInt8, Sendable {
    case i32 = 0x7f
    case i64 = 0x7e
}

/// What a function takes and gives.
package struct WasmSignature: Hashable, Sendable {
    package let parameters: [WasmType]
    package let result: WasmType?

    package init(_ parameters: [WasmType], _ result: WasmType? = nil) {
        self.parameters = parameters
        self.result = result
    }
}

/// A function that the module wants from its host.
package struct WasmImport: Hashable, Sendable {
    package let module: String
    package let name: String
    package let signature: WasmSignature
    /// Where it stands, in bytes from the module's start.
    package let offset: Int
}

/// What the module shows under a name.
package struct WasmExport: Hashable, Sendable {
    package enum Subject: Hashable, Sendable {
        case function(WasmSignature)
        case table, memory, global
    }

    package let name: String
    package let subject: Subject
    /// Where it stands, in bytes from the module's start.
    package let offset: Int
}

/// How many pages of 64 KiB the memory has at first and may ever have.
package struct WasmMemory: Hashable, Sendable {
    package let pagesMin: Int
    /// As declared; nil where the module sets no bound.
    package let pagesMax: Int?

    package init(pagesMin: Int, pagesMax: Int?) {
        self.pagesMin = pagesMin
        self.pagesMax = pagesMax
    }
}

/// A section that the module's meaning does not depend on, such as `jd.description`.
package struct WasmCustomSection: Hashable, Sendable {
    package let name: String
    /// The content behind the name, as a range of the module's bytes.
    package let range: Range<Int>
}
