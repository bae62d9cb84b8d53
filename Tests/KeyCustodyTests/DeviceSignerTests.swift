// SPDX-License-Identifier: Apache-2.0
import Foundation
import KeyCustody
import ShangMi
import Testing

/// The library that these tests build from Tests/Device, and the switches it has for them.
@safe private struct TestDevice {
    let folder: String
    let path: String
    private let library: UnsafeMutableRawPointer

    /// Nil with a reason where no C compiler is to be had.
    init() throws {
        folder = NSTemporaryDirectory() + "device-" + UUID().uuidString
        path = folder + "/libdevice.so"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Device/device.c").path
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments = ["clang", "-shared", "-fPIC", "-o", path, source, "-lcrypto"]
        try compiler.run()
        compiler.waitUntilExit()
        try #require(compiler.terminationStatus == 0, "clang builds the device's library")
        // SAFETY (this type): the library is the one above, whose functions have these types.
        guard let opened = unsafe dlopen(path, RTLD_NOW) else { throw CocoaError(.executableLoad) }
        unsafe library = unsafe opened
    }

    func set(failing: Int32 = 0, swapped: Bool = false, longNumbers: Bool = false, refusing: Bool = false) {
        let set = unsafe unsafeBitCast(
            dlsym(library, "device_test_set"), to: (@convention(c) (Int32, Int32, Int32, Int32) -> Void).self)
        set(failing, swapped ? 1 : 0, longNumbers ? 1 : 0, refusing ? 1 : 0)
    }

    /// How often the password was tried.
    var tries: Int32 {
        unsafe unsafeBitCast(dlsym(library, "device_test_tries"), to: (@convention(c) () -> Int32).self)()
    }

    /// Devices open times 100 and sessions open.
    var open: Int32 {
        unsafe unsafeBitCast(dlsym(library, "device_test_open"), to: (@convention(c) () -> Int32).self)()
    }

    func remove() {
        unsafe dlclose(library)
        try? FileManager.default.removeItem(atPath: folder)
    }
}

@Suite(.serialized) struct DeviceSignerTests {
    private let password = Secret(utf8: "password")

    @Test("a device signs what OpenSSL and our verifier accept, and all it opened is closed again (KEY-23)")
    func signs() throws {
        let device = try TestDevice()
        defer { device.remove() }
        do {
            let signer = try DeviceSigner(DevicePlace(library: device.path, index: 1), password: password)
            #expect(signer.publicKey == (try Standard.key()).publicKey)
            for length in [0, 1, 32, 5_000] {
                let message = [UInt8](repeating: 7, count: length)
                let signature = try signer.sign(message)
                #expect(OpenSSLReference.verify(message, signature, by: signer.publicKey))
            }
            #expect(device.open == 101)
            let second = try DeviceSigner(DevicePlace(library: device.path, index: 2), password: password)
            #expect(second.publicKey != signer.publicKey)
        }
        #expect(device.open == 0)
    }

    @Test("a key that is not there, a wrong password and a library that is none are refused by name (KEY-23)")
    func refused() throws {
        let device = try TestDevice()
        defer { device.remove() }
        #expect(
            refusal { try DeviceSigner(DevicePlace(library: device.path, index: 7), password: password) }
                == .device(.refused(function: "SDF_GetPrivateKeyAccessRight", answer: 0x0100_0008)))
        #expect(
            refusal {
                try DeviceSigner(DevicePlace(library: device.path, index: 1), password: Secret(utf8: "passwort"))
            }
                == .device(.refused(function: "SDF_GetPrivateKeyAccessRight", answer: 0x0100_000a)))
        #expect(device.open == 0)
        for (library, reason) in [("/nonexistent.so", "nonexistent"), ("libcrypto.so.3", "it has no SDF_OpenDevice")] {
            let error = refusal { try DeviceSigner(DevicePlace(library: library, index: 1), password: password) }
            #expect(
                error?.code == "JD-1650" && error?.sentence.contains(reason) == true, "\(String(describing: error))")
        }
    }

    @Test(
        "a device that fails once is opened anew and signs; one that goes on failing says so, and heals later (KEY-24)")
    func heals() throws {
        let device = try TestDevice()
        defer { device.remove() }
        let signer = try DeviceSigner(DevicePlace(library: device.path, index: 1), password: password)
        device.set(failing: 1)
        let signature = try signer.sign([1])
        #expect(OpenSSLReference.verify([1], signature, by: signer.publicKey))
        device.set(failing: 1_000)
        #expect(throws: SignerError.self) { try signer.sign([2]) }
        device.set(failing: -1)
        #expect(throws: SignerError.self) { try signer.sign([2]) }
        #expect(device.open == 0, "a session that failed was left open")
        device.set()
        let again = try signer.sign([3])
        #expect(OpenSSLReference.verify([3], again, by: signer.publicKey) && device.open == 101)
    }

    @Test("another key in the same place signs nothing for the first one's account (KEY-24)")
    func exchanged() throws {
        let device = try TestDevice()
        defer { device.remove() }
        let signer = try DeviceSigner(DevicePlace(library: device.path, index: 1), password: password)
        device.set(failing: 1, swapped: true)
        let error = #expect(throws: SignerError.self) { try signer.sign([1]) }
        guard case .unavailable(let reason) = error else { return }
        #expect(reason.contains("JD-1653"))
    }

    @Test("a signature whose numbers are longer than 32 bytes is refused (KEY-25)")
    func longNumbers() throws {
        let device = try TestDevice()
        defer { device.remove() }
        let signer = try DeviceSigner(DevicePlace(library: device.path, index: 1), password: password)
        device.set(longNumbers: true)
        #expect(throws: SignerError.self) { try signer.sign([1]) }
    }

    @Test("a password the device refuses is not tried again (KEY-24)")
    func passwordChanged() throws {
        let device = try TestDevice()
        defer { device.remove() }
        let signer = try DeviceSigner(DevicePlace(library: device.path, index: 1), password: password)
        device.set(failing: 1, refusing: true)
        let before = device.tries
        for _ in 0..<5 {
            let error = #expect(throws: SignerError.self) { try signer.sign([1]) }
            guard case .unavailable(let reason) = error else { return }
            #expect(reason.contains("SDF_GetPrivateKeyAccessRight"))
        }
        #expect(device.tries == before + 1 && device.open == 0)
    }

    @Test("many threads may ask one device at once (KEY-24)")
    func threads() async throws {
        let device = try TestDevice()
        defer { device.remove() }
        let signer = try DeviceSigner(DevicePlace(library: device.path, index: 1), password: password)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<32 {
                group.addTask {
                    let message = [UInt8(number)]
                    return OpenSSLReference.verify(message, try signer.sign(message), by: signer.publicKey)
                }
            }
            for try await isGood in group { #expect(isGood) }
        }
    }
}
