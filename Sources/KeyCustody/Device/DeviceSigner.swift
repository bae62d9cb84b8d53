// SPDX-License-Identifier: Apache-2.0
package import ShangMi
internal import Synchronization

/// Where a key lies in a cryptographic device.
package struct DevicePlace: Hashable, Sendable {
    /// The device maker's library, as GM/T 0018 describes it.
    package let library: String
    /// The key's number in the device.
    package let index: UInt32

    package init(library: String, index: UInt32) {
        self.library = library
        self.index = index
    }
}

/// Signs with a key that never leaves a cryptographic device (KEY-23 to KEY-25).
///
/// One call at a time: a session serves one thread, and devices are slower than what asks them. A device that fails is
/// opened anew once a call; a call that fails says so and may be tried again.
package final class DeviceSigner: Signer {
    private struct State {
        /// Nil after a failure, until the next call.
        var session: DeviceLibrary.Session?
        /// Set once the device has refused the password: final for this signer.
        var refusal: CustodyError?
    }

    private let library: DeviceLibrary
    private let place: DevicePlace
    private let password: Secret
    private let prefix: Digest
    private let state: Mutex<State>
    package let publicKey: SM2.PublicKey

    package init(_ place: DevicePlace, password: Secret) throws(CustodyError) {
        library = try DeviceLibrary(path: place.library)
        self.place = place
        self.password = password
        let opened = try library.begin(index: place.index, password: password)
        do throws(CustodyError) {
            publicKey = try DeviceSigner.key(try library.publicKey(place.index, in: opened), place)
        } catch {
            library.end(opened)
            throw error
        }
        prefix = publicKey.z()
        state = Mutex(State(session: opened))
    }

    deinit { state.withLock { if let session = $0.session { library.end(session) } } }

    private static func key(_ structure: [UInt8], _ place: DevicePlace) throws(CustodyError) -> SM2.PublicKey {
        let (x, y) = (structure[4..<68], structure[68..<132])
        guard x.prefix(32).allSatisfy({ $0 == 0 }), y.prefix(32).allSatisfy({ $0 == 0 }),
            let key = SM2.PublicKey([UInt8](x.suffix(32)) + [UInt8](y.suffix(32)))
        else { throw .device(.noKey(index: place.index)) }
        return key
    }

    package func sign(_ message: [UInt8]) throws(SignerError) -> SM2.Signature {
        let digest = SM2.digest(message, z: prefix).bytes
        do throws(CustodyError) {
            return try state.withLock { state throws(CustodyError) in
                if let refusal = state.refusal { throw refusal }
                var isRepeated = false
                while true {
                    do throws(CustodyError) {
                        return try signature(over: digest, &state.session)
                    } catch {
                        // The device may have been reset or unplugged: what is open there is of no use any more.
                        if let old = state.session { library.end(old) }
                        state.session = nil
                        // Asked again with a password it refuses, many a device locks itself for good.
                        if case .device(.refused(DeviceLibrary.accessRight, _)) = error { state.refusal = error }
                        if isRepeated || state.refusal != nil { throw error }
                        isRepeated = true
                    }
                }
            }
        } catch {
            throw .unavailable(reason: error.description)
        }
    }

    private func signature(
        over digest: [UInt8], _ held: inout DeviceLibrary.Session?
    ) throws(CustodyError) -> SM2.Signature {
        if held == nil {
            let fresh = try library.begin(index: place.index, password: password)
            held = fresh
            // Another card in the same slot must not sign for this account.
            guard try DeviceSigner.key(try library.publicKey(place.index, in: fresh), place) == publicKey else {
                throw .device(.otherKey(index: place.index))
            }
        }
        guard let session = held else { throw .device(.noKey(index: place.index)) }
        let structure = try library.sign(digest, with: place.index, in: session)
        guard structure[..<32].allSatisfy({ $0 == 0 }), structure[64..<96].allSatisfy({ $0 == 0 }),
            let r = Digest([UInt8](structure[32..<64])), let s = Digest([UInt8](structure[96..<128]))
        else { throw .ciphertextMalformed }
        return SM2.Signature(r: r, s: s)
    }
}

/// Why a device does not sign. May heal, but for the first.
package enum DeviceFault: Hashable, Sendable {
    case libraryUnusable(path: String, reason: String)
    case refused(function: String, answer: UInt32)
    case noKey(index: UInt32)
    /// Not the key the signer began with.
    case otherKey(index: UInt32)
}

extension DeviceFault {
    var code: String {
        switch self {
        case .libraryUnusable: "JD-1650"
        case .refused: "JD-1651"
        case .noKey: "JD-1652"
        case .otherKey: "JD-1653"
        }
    }

    package var sentence: BilingualText {
        switch self {
        case .libraryUnusable(let path, let reason):
            .init("the device library \(path) cannot be used: \(reason)", zh: "密码设备库 \(path) 不可用：\(reason)")
        case .refused(let function, let answer):
            .init(
                "the device answered \(function) with 0x\(String(answer, radix: 16))",
                zh: "密码设备对 \(function) 返回 0x\(String(answer, radix: 16))")
        case .noKey(let index):
            .init("the device has no SM2 signing key \(index)", zh: "密码设备中没有编号为 \(index) 的 SM2 签名密钥")
        case .otherKey(let index):
            .init("the device now holds another key \(index)", zh: "密码设备中编号 \(index) 的密钥已变更")
        }
    }

    package var fix: BilingualText {
        switch self {
        case .libraryUnusable:
            .init("give the maker's library for this system", zh: "请指定厂商为本系统提供的库")
        case .refused:
            .init(
                "look the number up in the device's manual; check its power, its key number and its password",
                zh: "请查阅设备手册中的返回码，并检查设备状态、密钥编号与访问口令")
        case .noKey: .init("make a key in the device, or name its number", zh: "请在设备中生成密钥，或指定正确编号")
        case .otherKey: .init("put the first device back, or restart with the new key", zh: "请换回原设备，或以新密钥重启")
        }
    }
}
