// SPDX-License-Identifier: Apache-2.0

/// Who may import whom (docs/decisions/0001): the floors are law only because this table is checked.
///
/// A folder that is not listed fails, so a new target states its place here first. One owner a foreign
/// library: COpenSSL is KeyCustody's, CRocksDB RocksStorage's, CShangMi ShangMi's, CWasmtime WasmtimeEngine's,
/// Hummingbird the Gateway's, ArgumentParser the program's; CAllocator is linked and imported by nobody. Nothing
/// lists a test-only module, so production cannot import one.
enum ImportTable {
    /// Floors 0 to 3: the standard library and these, nothing else.
    static let pure: [String: Set<String>] = [
        "Bedrock": [],
        "ShangMi": ["Bedrock", "CShangMi"],
        "Wasm": ["Bedrock"],
        "Ledger": ["Bedrock", "ShangMi"],
        "TLCP": ["Bedrock", "ShangMi"],
        "Consensus": ["Bedrock", "ShangMi", "Ledger"],
        // Synchronization for MemoryStore alone: reads beside a writer are the store's promise (STORE-5).
        "Storage": ["Bedrock", "ShangMi", "Ledger", "Synchronization"],
        "Execution": ["Bedrock", "ShangMi", "Wasm", "Ledger", "Storage"],
        "ContractForms": ["Bedrock"],
        "Replication": ["Bedrock", "ShangMi", "Ledger", "Consensus", "Execution", "Storage"],
        // Floor 5, and as pure as what it simulates. Synchronization for SimulatedDisk, as for MemoryStore.
        "Simulation": [
            "Bedrock", "ShangMi", "Ledger", "Consensus", "Execution", "Storage", "Replication", "Synchronization",
        ],
        // Floor 5 too: the engine is handed to it. Synchronization for TestbedStore, as for MemoryStore.
        "Testbed": ["Bedrock", "ShangMi", "Ledger", "Storage", "Execution", "Synchronization"],
    ]

    /// What every target above the line may import beside its own row.
    static let system: Set<String> = [
        "Foundation", "FoundationEssentials", "Dispatch", "Glibc", "Synchronization",
    ]

    private static let nio: Set<String> = ["NIOCore", "NIOPosix", "NIOHTTP1"]

    /// Floors 4 to 6.
    static let edge: [String: Set<String>] = [
        "RocksStorage": ["Bedrock", "Storage", "CRocksDB"],
        "WasmtimeEngine": ["Bedrock", "ShangMi", "Execution", "CWasmtime"],
        "KeyCustody": ["Bedrock", "ShangMi", "TLCP", "COpenSSL"],
        "Transport": nio.union(["Bedrock", "ShangMi", "Ledger", "TLCP", "NIOTLCP"]),
        "Hosting": [
            "Bedrock", "ShangMi", "Ledger", "Consensus", "Execution", "Storage", "Replication",
            "RocksStorage",
            "KeyCustody", "Transport", "Logging",
        ],
        // Execution for what members, policies and proposals are; the state it asks through ChainAccess alone.
        "Administration": ["Bedrock", "ShangMi", "Ledger"],
        "Gateway": nio.union([
            "Bedrock", "ShangMi", "Ledger", "Execution", "Hummingbird", "HummingbirdCore", "HTTPTypes", "Logging",
        ]),
        "NIOTLCP": ["TLCP", "NIOCore"],
        "ClientKit": nio.union(["Bedrock", "ShangMi", "Ledger", "Execution"]),
        "jiuding": [
            "Bedrock", "ShangMi", "Ledger", "TLCP", "Consensus", "Storage", "Execution", "Replication", "RocksStorage",
            "KeyCustody", "Transport", "Hosting", "Administration", "Gateway", "ClientKit", "ArgumentParser", "Logging",
            "Yams", "Wasm", "WasmtimeEngine", "Testbed", "ContractForms",
        ],
        "simulate": ["Bedrock", "ShangMi", "Simulation"],
        "wasmcheck": ["Wasm"],
        "tidy": ["TidyRules"],
    ]

    /// What a test may import beside its target and that target's own imports: the harness, and oracles.
    private static let forTests = system.union(["Testing", "XCTest", "COpenSSL"])

    /// Test folders whose name does not say what they test.
    private static let tested: [String: Set<String>] = [
        "TidyTests": ["TidyRules"],
        "CLITests": [
            "Bedrock", "ShangMi", "Ledger", "Storage", "RocksStorage", "Execution", "Replication", "ContractForms",
            "KeyCustody", "ClientKit", "Testbed", "Administration", "jiuding",
        ],
        "Fuzz": ["Bedrock", "ShangMi", "Wasm", "Ledger", "TLCP", "Consensus", "Storage", "Replication"],
        // Ledger for the register of stable codes.
        "WasmTests": ["Bedrock", "Ledger", "Wasm"],
        "ShangMiOracleTests": ["Bedrock", "ShangMi"],
        // What runs is what the chain's own instrumentation makes.
        "WasmtimeEngineTests": ["Bedrock", "ShangMi", "Wasm", "Ledger", "Storage", "Execution", "WasmtimeEngine"],
        // Over real sockets.
        "NIOTLCPTests": nio.union(["Bedrock", "ShangMi", "TLCP", "NIOTLCP"]),
        // Hosts are tested over real links.
        "HostingTests": nio.union([
            "Bedrock", "ShangMi", "Ledger", "Consensus", "Execution", "Storage", "Replication", "Hosting", "Transport",
            "TLCP", "Logging",
        ]),
        // A door is tested with a real client and real keys.
        "GatewayTests": nio.union([
            "Bedrock", "ShangMi", "Ledger", "Execution", "Gateway", "ClientKit", "KeyCustody",
        ]),
    ]

    /// - Returns: nil where the folder has no row.
    static func allowed(in folder: String, isTest: Bool) -> Set<String>? {
        if let row = pure[folder] { return row }
        if let row = edge[folder] { return row.union(system) }
        guard isTest else { return nil }
        if let row = tested[folder] { return row.union(forTests) }
        guard folder.hasSuffix("Tests") else { return nil }
        let subject = String(folder.dropLast(5))
        guard let row = pure[subject] ?? edge[subject] else { return nil }
        return row.union(forTests).union([subject])
    }
}

extension SourceFile {
    private static let importKinds: Set<String> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor",
    ]

    func importFindings() -> [Finding] {
        guard let target else { return [] }
        guard let allowed = ImportTable.allowed(in: target, isTest: isTest) else {
            return [Finding(path, 1, .imports, "\(target) has no row in tidy's ImportTable.swift")]
        }
        var found: [Finding] = []
        for (index, words) in words.enumerated() {
            guard let keyword = words.firstIndex(where: { $0.text == "import" && $0.before != "." }) else {
                continue
            }
            let named = words[(keyword + 1)...].drop { SourceFile.importKinds.contains($0.text) }
            if let module = named.first?.text, module != "Swift", !allowed.contains(module) {
                found.append(Finding(path, index + 1, .imports, "\(target) may not import \(module)"))
            }
        }
        return found
    }
}
