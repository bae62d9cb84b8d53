// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The functions of a cryptographic device's library (GM/T 0018, "SDF") that signing needs, found by name when it is
/// loaded.
///
/// Structures are given as bytes, since the standard fixes them: a public key is bits (4, in the machine's order) ‖
/// x (64) ‖ y (64), a signature r (64) ‖ s (64), each number at the end of its field.
@safe final class DeviceLibrary: Sendable {
    typealias Handle = UnsafeMutableRawPointer
    private typealias Open = @convention(c) (UnsafeMutablePointer<Handle?>) -> Int32
    private typealias Close = @convention(c) (Handle?) -> Int32
    private typealias OpenSession = @convention(c) (Handle?, UnsafeMutablePointer<Handle?>) -> Int32
    private typealias TakeRight = @convention(c) (Handle?, UInt32, UnsafePointer<UInt8>, UInt32) -> Int32
    private typealias ExportKey = @convention(c) (Handle?, UInt32, UnsafeMutablePointer<UInt8>) -> Int32
    private typealias Sign =
        @convention(c) (
            Handle?, UInt32, UnsafePointer<UInt8>, UInt32, UnsafeMutablePointer<UInt8>
        ) -> Int32

    /// The function that takes the password.
    static let accessRight = "SDF_GetPrivateKeyAccessRight"
    static let publicKeyBytes = 132
    static let signatureBytes = 128

    // SAFETY: the library stays loaded as long as this object. Its functions may be called from one thread at a time
    // for one session, which `DeviceSigner` sees to.
    private nonisolated(unsafe) let library: Handle
    private let openDevice: Open
    private let closeDevice: Close
    private let openSession: OpenSession
    private let closeSession: Close
    private let takeRight: TakeRight
    private let exportKey: ExportKey
    private let signDigest: Sign

    init(path: String) throws(CustodyError) {
        // SAFETY: the path is a C string for the time of the call. What the library does when it is loaded is the
        // operator's trust.
        guard let library = unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            let reason = unsafe dlerror().map { unsafe String(cString: $0) } ?? "no reason given"
            throw .device(.libraryUnusable(path: path, reason: reason))
        }
        func find<Function>(_ name: String, _: Function.Type) throws(CustodyError) -> Function {
            guard let symbol = unsafe dlsym(library, name) else {
                unsafe dlclose(library)
                throw .device(.libraryUnusable(path: path, reason: "it has no \(name)"))
            }
            // SAFETY: GM/T 0018 gives the function of this name this type.
            return unsafe unsafeBitCast(symbol, to: Function.self)
        }
        unsafe openDevice = try unsafe find("SDF_OpenDevice", Open.self)
        unsafe closeDevice = try unsafe find("SDF_CloseDevice", Close.self)
        unsafe openSession = try unsafe find("SDF_OpenSession", OpenSession.self)
        unsafe closeSession = try unsafe find("SDF_CloseSession", Close.self)
        unsafe takeRight = try unsafe find(DeviceLibrary.accessRight, TakeRight.self)
        unsafe exportKey = try unsafe find("SDF_ExportSignPublicKey_ECC", ExportKey.self)
        unsafe signDigest = try unsafe find("SDF_InternalSign_ECC", Sign.self)
        unsafe self.library = unsafe library
    }

    deinit { unsafe dlclose(library) }

    /// One device with one session that may use one key.
    @safe struct Session {
        fileprivate let device: Handle
        fileprivate let session: Handle
    }

    /// - Throws: `.device(.refused)` with the function's name and what it answered.
    func begin(index: UInt32, password: Secret) throws(CustodyError) -> Session {
        var device: Handle?
        // SAFETY (this function): handles are the library's; the password goes with its length and is not kept.
        try check(unsafe openDevice(&device), "SDF_OpenDevice")
        guard let device = unsafe device else { throw .device(.refused(function: "SDF_OpenDevice", answer: 0)) }
        var session: Handle?
        do throws(CustodyError) {
            try check(unsafe openSession(device, &session), "SDF_OpenSession")
            guard let opened = unsafe session else { throw .device(.refused(function: "SDF_OpenSession", answer: 0)) }
            let right = unsafe password.withBytes { bytes in
                guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return Int32(0) }
                return unsafe takeRight(opened, index, start, UInt32(bytes.count))
            }
            try check(right, DeviceLibrary.accessRight)
            return unsafe Session(device: device, session: opened)
        } catch {
            if let session = unsafe session { _ = unsafe closeSession(session) }
            _ = unsafe closeDevice(device)
            throw error
        }
    }

    func end(_ session: Session) {
        // SAFETY: both were opened by `begin` and are closed once. What a dying device answers changes nothing.
        _ = unsafe closeSession(session.session)
        _ = unsafe closeDevice(session.device)
    }

    func publicKey(_ index: UInt32, in session: Session) throws(CustodyError) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: DeviceLibrary.publicKeyBytes)
        // SAFETY: the buffer has the structure's size.
        try check(unsafe exportKey(session.session, index, &key), "SDF_ExportSignPublicKey_ECC")
        return key
    }

    func sign(_ digest: [UInt8], with index: UInt32, in session: Session) throws(CustodyError) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: DeviceLibrary.signatureBytes)
        // SAFETY: the digest goes with its length; the buffer has the structure's size.
        try check(
            unsafe signDigest(session.session, index, digest, UInt32(digest.count), &signature), "SDF_InternalSign_ECC")
        return signature
    }

    private func check(_ answer: Int32, _ function: String) throws(CustodyError) {
        guard answer == 0 else { throw .device(.refused(function: function, answer: UInt32(bitPattern: answer))) }
    }
}
