// SPDX-License-Identifier: Apache-2.0

/// What a module may want from its host, and what it must and may show.
///
/// Nothing else is accepted: an export that nobody knows is a door that nobody watches.
/// - Spec: WASM-8, WASM-9.
package struct WasmInterface: Sendable {
    /// What a module that fits makes use of.
    package struct Use: Hashable, Sendable {
        /// Names of the imports, in the module's order; a name may stand twice.
        package let imports: [String]
        /// Names of the optional exports that are there, in the interface's order.
        package let optionals: [String]

        package init(imports: [String], optionals: [String]) {
            self.imports = imports
            self.optionals = optionals
        }
    }

    /// The one module name that imports carry.
    package let module: String
    private let importable: [String: WasmSignature]
    private let required: [(name: String, signature: WasmSignature)]
    private let optional: [(name: String, signature: WasmSignature)]
    /// The name the memory is exported under; every module that fits has one.
    package let memory: String

    package init(
        module: String, imports importable: [String: WasmSignature],
        required: [(name: String, signature: WasmSignature)],
        optional: [(name: String, signature: WasmSignature)], memory: String
    ) {
        self.module = module
        self.importable = importable
        self.required = required
        self.optional = optional
        self.memory = memory
    }

    /// Compares a module with this interface.
    /// - Throws: the first import that is unknown or of another type; then the first export that is unknown or of
    ///   another type, in the module's order; then the first required one that is missing.
    package func check(_ subject: WasmModule) throws(WasmFlaw) -> Use {
        for item in subject.imports {
            let name = "\(item.module).\(item.name)"
            guard item.module == module, let signature = importable[item.name] else {
                throw WasmFlaw(.importUnknown, at: item.offset, name)
            }
            if item.signature != signature { throw WasmFlaw(.importType, at: item.offset, name) }
        }
        var wanted: [String: WasmExport.Subject] = [memory: .memory]
        for (name, signature) in required + optional { wanted[name] = .function(signature) }
        var found: Set<String> = []
        for item in subject.exports {
            guard let subject = wanted[item.name] else { throw WasmFlaw(.exportUnknown, at: item.offset, item.name) }
            if item.subject != subject { throw WasmFlaw(.exportType, at: item.offset, item.name) }
            found.insert(item.name)
        }
        for name in [memory] + required.map(\.name) where !found.contains(name) {
            throw WasmFlaw(.exportMissing, at: subject.bytes.count, name)
        }
        return Use(
            imports: subject.imports.map(\.name), optionals: optional.map(\.name).filter(found.contains))
    }
}
