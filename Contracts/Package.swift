// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// The house's switches, as in the platform's own package (docs/decisions/0001).
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
]

/// A contract that ships with the kit: its sources and its tests, laid out as `scripts/contract-new` lays them out.
func template(_ folder: String, _ module: String) -> [Target] {
    [
        .target(
            name: module, dependencies: ["ContractKit"], path: "Templates/\(folder)/Sources", swiftSettings: settings),
        .testTarget(
            name: "\(module)Tests", dependencies: [.byName(name: module), "ContractKit", "ContractTesting"],
            path: "Templates/\(folder)/Tests", exclude: ["Scenarios"], swiftSettings: settings),
    ]
}

let package = Package(
    name: "Contracts",
    products: [
        .library(name: "ContractKit", targets: ["ContractKit"]),
        .library(name: "ContractTesting", targets: ["ContractTesting"]),
    ],
    targets: [
        .target(name: "ContractKit", path: "ContractKit", swiftSettings: settings),
        .target(
            name: "ContractTesting", dependencies: ["ContractKit"], path: "ContractTesting", swiftSettings: settings),
        .testTarget(
            name: "ContractKitTests", dependencies: ["ContractKit", "ContractTesting"], path: "Tests/ContractKitTests",
            swiftSettings: settings),
    ] + template("hello", "Hello") + template("evidence-registry", "EvidenceRegistry") + template("ledger", "Ledger")
        + template("workflow", "Workflow") + template("traceability", "Traceability") + template("form", "Form"),
    swiftLanguageModes: [.v6])
