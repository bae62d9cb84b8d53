// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import KeyCustody
import ShangMi

/// The key of GB/T 32918.5-2017 appendix A.
enum Standard {
    static let scalar = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
    static let publicKey =
        "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        + "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    static func key() throws -> PrivateKey { try PrivateKey(scalar: Secret(bytes(scalar))) }
}

func bytes(_ hex: String) -> [UInt8] { Hex.decode(hex)! }

/// The error of a custody call that must fail, or nil where it did not fail.
func refusal<Value: ~Copyable>(_ body: () throws -> Value) -> CustodyError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? CustodyError
    }
}

/// A folder of its own for one test, removed afterwards.
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = NSTemporaryDirectory() + "custody-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
}

/// Runs the `openssl` tool. It is the outside witness of our file formats.
func openssl(_ arguments: String...) throws -> (status: Int32, output: [UInt8]) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = [UInt8](pipe.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    return (process.terminationStatus, output)
}

func modeOf(_ path: String) throws -> Int {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as! Int
}

// SAFETY (both): the path is a C string for the time of the call.
func setMode(_ path: String, _ mode: Int) { _ = unsafe chmod(path, mode_t(mode)) }
func makePipe(_ path: String) { _ = unsafe mkfifo(path, 0o600) }
