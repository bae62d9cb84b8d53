// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import KeyCustody
import Ledger
import ShangMi

/// What this machine is like, without asking anyone.
enum MachineChecks {
    static func versions() -> [Finding] {
        let sm2 = CodePath.sm2
        let paths = "SM2 \(sm2.rawValue), SM3 \(CodePath.sm3.rawValue)"
        let name = phrase("code path", zh: "算法路径")
        return [
            .ok(phrase("version", zh: "版本"), "jiuding \(BuildVersion.text), \(OpenSSLReference.version)"),
            sm2 == .portable
                ? .warn(
                    name, paths,
                    fix: phrase(
                        "slow but right; a processor with AVX-512 IFMA verifies many times faster",
                        zh: "结果正确但较慢；带 AVX-512 IFMA 的处理器快许多倍"))
                : .ok(name, paths),
        ]
    }

    // MARK: Room

    static func disk(_ data: String) -> Finding {
        let name = phrase("disk", zh: "磁盘")
        var folder = URL(fileURLWithPath: data).standardizedFileURL
        while !FileManager.default.fileExists(atPath: folder.path), folder.path != "/" {
            folder.deleteLastPathComponent()
        }
        var room = statvfs()
        // SAFETY: the path is a C string for the time of the call, `room` is ours.
        guard unsafe statvfs(folder.path, &room) == 0 else {
            return .fail(
                name, SystemReason.text(errno),
                fix: phrase("check that \(folder.path) exists", zh: "请确认 \(folder.path) 存在"))
        }
        let free = UInt64(room.f_bavail) * UInt64(room.f_frsize)
        let fact = phrase(
            "\(Quantity.bytes(free)) free at \(folder.path)", zh: "\(folder.path) 可用 \(Quantity.bytes(free))")
        let fix = phrase("free some space, or name another directory with --data", zh: "请清理空间，或用 --data 换目录")
        if free < 1 << 30 { return .fail(name, fact, fix: fix) }
        return free < 10 << 30 ? .warn(name, fact, fix: fix) : .ok(name, fact)
    }

    static func memory() -> Finding {
        let name = phrase("memory", zh: "内存")
        let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        guard let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ UInt64($0) }) else {
            return .warn(
                name, phrase("not known", zh: "未知"), fix: phrase("see that /proc is mounted", zh: "请确认已挂载 /proc"))
        }
        let fact = phrase("\(Quantity.bytes(kibibytes << 10)) available", zh: "可用 \(Quantity.bytes(kibibytes << 10))")
        let fix = phrase("a local network of four wants 2 GiB; stop something else", zh: "四节点本地网络需约 2 GiB，请关闭其他程序")
        if kibibytes < 512 << 10 { return .fail(name, fact, fix: fix) }
        return kibibytes < 2 << 20 ? .warn(name, fact, fix: fix) : .ok(name, fact)
    }

    static func openFiles() -> Finding {
        let name = phrase("open files", zh: "文件句柄")
        var limit = rlimit()
        // SAFETY: the kernel fills the structure it is given, which is ours.
        _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let fact = phrase("limit \(limit.rlim_cur)", zh: "上限 \(limit.rlim_cur)")
        return limit.rlim_cur < 4096
            ? .warn(
                name, fact,
                fix: phrase("ulimit -n 65536, or LimitNOFILE= in the unit", zh: "ulimit -n 65536，或在服务单元设置 LimitNOFILE=")
            )
            : .ok(name, fact)
    }

    // MARK: Ports

    /// The ports of a local network of four. A taken one is fine where a node of ours answers there.
    static func ports(from first: Int, peers: Int, nodeAnswers: Bool) -> Finding {
        let name = phrase("ports", zh: "端口")
        let wanted = (0..<4).map { first + $0 } + (0..<4).map { peers + $0 }
        let taken = wanted.filter { isTaken($0) }
        let span = "\(first)–\(first + 3), \(peers)–\(peers + 3)"
        if taken.isEmpty { return .ok(name, phrase("\(span) are free", zh: "\(span) 空闲")) }
        let list = taken.map(String.init).joined(separator: ", ")
        if nodeAnswers { return .ok(name, phrase("\(list) in use; a node answers", zh: "\(list) 已占用；节点正在应答")) }
        return .warn(
            name, phrase("\(list) are taken by another program", zh: "\(list) 被其他程序占用"),
            fix: phrase(
                "choose others with --port and --peer-port; see who has them with: ss -ltnp",
                zh: "请用 --port 与 --peer-port 换端口；用 ss -ltnp 查看占用者"))
    }

    /// Whether something listens on a port of this machine: a socket cannot be bound to it.
    static func isTaken(_ port: Int) -> Bool {
        guard let number = UInt16(exactly: port) else { return true }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var yes: Int32 = 1
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = number.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        // SAFETY: both structures are ours and their sizes are given.
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, size) != 0 }
        }
    }

    // MARK: Files

    /// Private keys below the data directory: nobody but their owner may read them.
    static func keyFiles(_ data: String) -> [Finding] {
        let name = phrase("key files", zh: "密钥文件")
        let nodes = ((try? FileManager.default.contentsOfDirectory(atPath: data)) ?? []).filter {
            $0.hasPrefix("node-")
        }
        let folders = ["\(data)/users"] + nodes.sorted().map { "\(data)/\($0)/keys" }
        var count = 0
        var open: [Finding] = []
        for folder in folders {
            for file in ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() {
                let path = "\(folder)/\(file)"
                let attributes = try? FileManager.default.attributesOfItem(atPath: path)
                guard let mode = attributes?[.posixPermissions] as? Int else { continue }
                count += 1
                if mode & 0o077 != 0 {
                    open.append(
                        .fail(name, phrase("others may read \(path)", zh: "他人可读取 \(path)"), fix: "chmod 600 \(path)"))
                }
            }
        }
        if !open.isEmpty { return open }
        return [
            .ok(
                name,
                count == 0
                    ? phrase("none yet", zh: "尚无") : phrase("\(count), for their owner only", zh: "\(count) 个，仅属主可读"))
        ]
    }

    static func trust(_ data: String, chain: String) -> Finding {
        let name = phrase("trust anchor", zh: "信任锚")
        let path = TrustChoice.path(nil, data: data, chain: chain)
        guard FileManager.default.fileExists(atPath: path) else {
            return .warn(
                name, phrase("none at \(path)", zh: "\(path) 不存在"),
                fix: phrase(
                    "jiuding chain trust --out \(path), then compare its fingerprint",
                    zh: "jiuding chain trust --out \(path)，并核对指纹"))
        }
        do throws(Failure) {
            let anchor = try ReceiptFile.readAnchor(path)
            _ = try TrustChoice.client(anchor)
            return .ok(name, "\(path)  \(anchor.name.text)@\(anchor.chain.hex.shortened)")
        } catch { return .fail(name, error.line, fix: error.fix) }
    }
}
