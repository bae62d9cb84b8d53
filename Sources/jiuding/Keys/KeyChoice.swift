// SPDX-License-Identifier: Apache-2.0
import Foundation
import KeyCustody
import ShangMi

/// Finds the key that signs and opens it.
enum KeyChoice {
    /// `--key`, `$JIUDING_KEY`, the key `up` made, or the only key in DATA/users.
    static func path(_ options: KeyOptions, data: String) throws -> String {
        if let key = options.key { return key }
        let environment = ProcessInfo.processInfo.environment["JIUDING_KEY"] ?? ""
        if !environment.isEmpty { return environment }
        let usual = DataDirectory(data).userKey
        if FileManager.default.fileExists(atPath: usual) { return usual }
        let folder = data + "/users"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let keys = names.filter { $0.hasSuffix(".pem") || $0.hasSuffix(".key") }.sorted()
        if keys.count == 1 { return "\(folder)/\(keys[0])" }
        throw Failure(
            .usage, "JD-4007",
            keys.isEmpty
                ? phrase("there is no key to sign with in \(folder)", zh: "\(folder) 中没有可用于签名的密钥")
                : phrase(
                    "there are \(keys.count) keys in \(folder); which one signs?",
                    zh: "\(folder) 中有 \(keys.count) 个密钥，不知用哪一个签名"),
            fix: phrase(
                "name one with --key FILE, or make one with `jiuding key new`",
                zh: "请用 --key FILE 指定，或用 jiuding key new 新建"))
    }

    /// Opens it: a file, or a key in a cryptographic device that is named as `sdf:LIBRARY:INDEX`.
    /// - Spec: KEY-26.
    static func signer(_ options: KeyOptions, data: String) throws -> any Signer {
        let path = try path(options, data: data)
        do {
            if let place = try device(path) {
                return try DeviceSigner(place, password: try options.passphrase.devicePassword(of: place))
            }
            return OpenSSLSigner(try KeyFile.read(at: path, passphrase: try options.passphrase.passphrase(for: path)))
        } catch let error as CustodyError {
            throw Failure(error)
        }
    }

    /// What `sdf:LIBRARY:INDEX` names; nil for the path of a file.
    static func device(_ text: String) throws(Failure) -> DevicePlace? {
        guard text.hasPrefix("sdf:") else { return nil }
        let rest = text.dropFirst(4)
        guard let colon = rest.lastIndex(of: ":"), let index = UInt32(rest[rest.index(after: colon)...]),
            (1...65_535).contains(index), colon > rest.startIndex
        else {
            throw Failure.usage(
                phrase("\(text) names no key of a device", zh: "\(text) 未指明设备中的密钥"),
                fix: phrase(
                    "write sdf:LIBRARY:INDEX, as sdf:/usr/lib/libsdf.so:1, with an index of 1 to 65535",
                    zh: "请写 sdf:库文件:序号，如 sdf:/usr/lib/libsdf.so:1，序号为 1 到 65535"))
        }
        return DevicePlace(library: String(rest[..<colon]), index: index)
    }
}
