// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// CORE_ONLY=1 keeps floors 0 to 3 and tidy, so that the pure part builds and tests in seconds, with no
// package and no system library. Everything above the line needs OpenSSL, RocksDB, NIO and Hummingbird.
let coreOnly = Context.environment["CORE_ONLY"] == "1"

// MUTANTS=1 builds rules that can be broken on purpose (docs/spec/simulation.md, SIM-9). Never for a node.
let hasMutants = coreOnly && Context.environment["MUTANTS"] == "1"

/// The one set of switches every Swift target of this package is built with (docs/decisions/0001).
func houseSettings() -> [SwiftSetting] {
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .treatAllWarnings(as: .error),
        .strictMemorySafety(),
    ] + (hasMutants ? [.define("MUTANTS")] : [])
}

func floor(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: houseSettings())
}

func program(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: houseSettings())
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", resources: resources,
        swiftSettings: houseSettings())
}

var targets: [Target] = [
    // Floor 0: ground.
    floor("Bedrock"),
    .target(name: "CShangMi"),
    floor("ShangMi", ["Bedrock", "CShangMi"]),
    floor("Wasm", ["Bedrock"]),
    // Floor 1: language.
    floor("Ledger", ["Bedrock", "ShangMi"]),
    floor("TLCP", ["Bedrock", "ShangMi"]),
    // Floor 2: mechanisms.
    floor("Consensus", ["Bedrock", "ShangMi", "Ledger"]),
    floor("Storage", ["Bedrock", "ShangMi", "Ledger"]),
    floor("Execution", ["Bedrock", "ShangMi", "Wasm", "Ledger", "Storage"]),
    // Registries written down as forms, compiled for the contract that interprets them (Contracts/Templates/form).
    floor("ContractForms", ["Bedrock"]),
    // Floor 3: replica.
    floor("Replication", ["Bedrock", "ShangMi", "Ledger", "Consensus", "Execution", "Storage"]),
    // Floor 5: a whole chain in one process, repeatable.
    floor("Simulation", ["Bedrock", "ShangMi", "Ledger", "Consensus", "Execution", "Storage", "Replication"]),
    // Floor 5: contracts tried on a chain in memory.
    floor("Testbed", ["Bedrock", "ShangMi", "Ledger", "Storage", "Execution"]),
    program("simulate", ["Bedrock", "ShangMi", "Simulation"]),
    program("wasmcheck", ["Wasm"]),
    // Programs of the house. The rules are a library so that tests can feed them bad snippets.
    .target(name: "TidyRules", path: "Sources/tidy/Rules", swiftSettings: houseSettings()),
    .executableTarget(
        name: "tidy", dependencies: ["TidyRules"], path: "Sources/tidy/Program",
        swiftSettings: houseSettings()),
    // Tests of floors 0 to 3 and of the house.
    tests("BedrockTests", ["Bedrock"]),
    tests("TidyTests", ["TidyRules"]),
    tests("ShangMiTests", ["Bedrock", "ShangMi"]),
    tests("WasmTests", ["Bedrock", "Ledger", "Wasm"]),
    tests("LedgerTests", ["Bedrock", "ShangMi", "Ledger"]),
    tests("TLCPTests", ["Bedrock", "ShangMi", "TLCP"]),
    tests("StorageTests", ["Bedrock", "ShangMi", "Ledger", "Storage"]),
    tests("ConsensusTests", ["Bedrock", "ShangMi", "Ledger", "Consensus"]),
    tests("ExecutionTests", ["Bedrock", "ShangMi", "Wasm", "Ledger", "Storage", "Execution"]),
    tests("ContractFormsTests", ["Bedrock", "ContractForms"]),
    tests("SimulationTests", ["Bedrock", "ShangMi", "Simulation"]),
    tests("TestbedTests", ["Bedrock", "ShangMi", "Ledger", "Storage", "Execution", "Testbed"]),
    tests("ReplicationTests", ["Bedrock", "ShangMi", "Ledger", "Consensus", "Storage", "Execution", "Replication"]),
]
var dependencies: [Package.Dependency] = []
var products: [Product] = [
    .executable(name: "tidy", targets: ["tidy"]), .executable(name: "simulate", targets: ["simulate"]),
    .executable(name: "wasmcheck", targets: ["wasmcheck"]),
]

if !coreOnly {
    dependencies = [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ]
    targets += [
        // Floor 4: host.
        .systemLibrary(name: "CRocksDB", providers: [.apt(["librocksdb-dev"])]),
        floor("RocksStorage", ["Bedrock", "Storage", "CRocksDB"]),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        floor("KeyCustody", ["Bedrock", "ShangMi", "TLCP", "COpenSSL"]),
        floor(
            "Transport",
            [
                "Bedrock", "ShangMi", "Ledger", "TLCP", "NIOTLCP",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        floor(
            "Hosting",
            [
                "Bedrock", "ShangMi", "Ledger", "Consensus", "Execution", "Storage", "Replication",
                "RocksStorage", "KeyCustody", "Transport", .product(name: "Logging", package: "swift-log"),
            ]),
        tests(
            "HostingTests",
            [
                "Bedrock", "ShangMi", "Ledger", "Consensus", "Execution", "Storage", "Replication", "Hosting",
                "Transport", "TLCP",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        // Nothing is linked: the library is found, checked and loaded when a node starts (docs/spec/engine.md).
        .target(name: "CWasmtime", linkerSettings: [.linkedLibrary("dl")]),
        floor("WasmtimeEngine", ["Bedrock", "ShangMi", "Execution", "CWasmtime"]),
        floor(
            "NIOTLCP", ["TLCP", .product(name: "NIOCore", package: "swift-nio")]),
        tests(
            "TransportTests",
            [
                "Bedrock", "ShangMi", "Ledger", "Transport",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        // Floor 5: doors.
        floor("Administration", ["Bedrock", "ShangMi", "Ledger"]),
        tests("AdministrationTests", ["Bedrock", "ShangMi", "Ledger", "Administration"]),
        floor(
            "Gateway",
            [
                "Bedrock", "ShangMi", "Ledger", "Execution",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        floor(
            "ClientKit",
            [
                "Bedrock", "ShangMi", "Ledger", "Execution",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        // Floor 6: programs.
        .target(name: "CAllocator", linkerSettings: [.linkedLibrary("jemalloc")]),
        program(
            "jiuding",
            [
                "CAllocator",
                "Bedrock", "ShangMi", "Ledger", "TLCP", "Consensus", "Storage", "Execution", "Replication",
                "RocksStorage", "Wasm", "WasmtimeEngine", "Testbed", "ContractForms",
                "KeyCustody", "Transport", "Hosting", "Administration", "Gateway", "ClientKit",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ]),
    ]
    targets += [
        // Tests above the line, and of the lower floors against OpenSSL.
        tests(
            "WasmtimeEngineTests",
            ["Bedrock", "ShangMi", "Wasm", "Ledger", "Storage", "Execution", "WasmtimeEngine"]),
        tests(
            "CLITests",
            [
                "Bedrock", "ShangMi", "Ledger", "Storage", "RocksStorage", "Execution", "Replication", "ContractForms",
                "KeyCustody", "ClientKit", "Testbed", "Administration", "jiuding",
            ]),
        tests("ShangMiOracleTests", ["Bedrock", "ShangMi", "COpenSSL"]),
        tests("KeyCustodyTests", ["Bedrock", "ShangMi", "TLCP", "KeyCustody"]),
        tests("RocksStorageTests", ["Bedrock", "ShangMi", "Ledger", "Storage", "RocksStorage"]),
        tests(
            "GatewayTests",
            [
                "Bedrock", "ShangMi", "Ledger", "Execution", "KeyCustody", "Gateway", "ClientKit",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        tests(
            "NIOTLCPTests",
            [
                "Bedrock", "ShangMi", "TLCP", "NIOTLCP", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        tests(
            "ClientKitTests",
            [
                "Bedrock", "ShangMi", "Ledger", "ClientKit",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
    ]
    products += [.executable(name: "jiuding", targets: ["jiuding"])]
}

let package = Package(
    name: "jiuding", products: products, dependencies: dependencies, targets: targets,
    swiftLanguageModes: [.v6])
