// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// Who holds a port, so that "address in use" comes with a name.
enum PortOwner {
    /// - Throws: `Failure` naming the process that listens on the port.
    static func check(_ port: Int, host: String) throws {
        guard (0...65_535).contains(port) else {
            throw Failure.usage(
                phrase("\(port) is no port", zh: "\(port) 不是有效端口"),
                fix: phrase("give a number from 1 to 65535", zh: "请给出 1 到 65535 之间的数"))
        }
        if port > 0, isTaken(port) { throw failure(port, holder(of: port)) }
    }

    static func failure(_ port: Int, _ reason: String?) -> Failure {
        Failure(
            .no, "JD-1509",
            phrase(
                "port \(port) is taken" + (reason.map { " by \($0)" } ?? ""),
                zh: "端口 \(port) 已被占用" + (reason.map { "：\($0)" } ?? "")),
            fix: phrase("stop that process or choose another port with --port", zh: "请停止该进程或用 --port 另选端口"))
    }

    private static func isTaken(_ port: Int) -> Bool { listeningInode(port) != nil }

    /// The process whose descriptors hold the listening socket, as "name (pid)"; nil where it is another user's.
    private static func holder(of port: Int) -> String? {
        guard let inode = listeningInode(port) else { return nil }
        let files = FileManager.default
        for entry in (try? files.contentsOfDirectory(atPath: "/proc")) ?? [] where Int(entry) != nil {
            let folder = "/proc/\(entry)/fd"
            for descriptor in (try? files.contentsOfDirectory(atPath: folder)) ?? [] {
                let target = try? files.destinationOfSymbolicLink(atPath: "\(folder)/\(descriptor)")
                guard target == "socket:[\(inode)]" else { continue }
                let name = (try? String(contentsOfFile: "/proc/\(entry)/comm", encoding: .utf8)) ?? "?"
                return "\(name.trimmingCharacters(in: .whitespacesAndNewlines)) (\(entry))"
            }
        }
        return nil
    }

    private static func listeningInode(_ port: Int) -> String? {
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            guard let text = try? String(contentsOfFile: table, encoding: .utf8) else { continue }
            for line in text.split(separator: "\n").dropFirst() {
                let fields = line.split(separator: " ")
                // 0A: listening.
                guard fields.count > 9, fields[3] == "0A", let hex = fields[1].split(separator: ":").last,
                    Int(hex, radix: 16) == port
                else { continue }
                return String(fields[9])
            }
        }
        return nil
    }
}
