// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// Tells systemd how the service stands, in the words of sd_notify(3).
/// - Spec: NODE-4.
enum ServiceNotice {
    static let variable = "NOTIFY_SOCKET"

    /// - Parameter state: as `READY=1` or `STOPPING=1`. Silent where nobody asked.
    static func tell(_ state: String) {
        guard let path = ProcessInfo.processInfo.environment[variable], let first = path.first,
            first == "/" || first == "@"
        else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = [UInt8](path.utf8)
        // An abstract socket's name begins with a zero byte.
        if first == "@" { name[0] = 0 }
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard name.count < room else { return }
        // SAFETY: the name is shorter than the field it is copied into.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let bytes = [UInt8](state.utf8)
        // SAFETY: the address lives for the call and `size` lies within it. Nobody reading is no error of ours.
        _ = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe sendto(descriptor, bytes, bytes.count, 0, $0, size)
            }
        }
    }
}
