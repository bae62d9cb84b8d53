// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// Which files a `put` is about and where each one's receipt goes; made before anything is read or sent.
package struct PutPlan: Sendable {
    package struct Item: Hashable, Sendable {
        package let path: String
        package let name: String
        package let size: UInt64
        package let receiptPath: String
    }

    /// Something left out, and why. Not every one is a failure: links and receipts are left out by rule.
    package struct Omission: Hashable, Sendable {
        package enum Reason: Hashable, Sendable {
            case symbolicLink
            case special
            case unreadable(errno: Int32)
            /// Two files whose receipts would have one name.
            case receiptTaken(by: String)
        }

        package let path: String
        package let reason: Reason

        /// True where the person asked for this very thing and did not get it.
        package let isFailure: Bool
    }

    package private(set) var items: [Item] = []
    package private(set) var omissions: [Omission] = []
    private var receiptOwners: [String: String] = [:]
    private let outFolder: String?

    /// Where a directory was named, its files are taken only if `recursive`.
    /// - Throws: a usage failure for a directory without `recursive`.
    package init(paths: [String], recursive: Bool, outFolder: String?) throws(Failure) {
        self.outFolder = outFolder
        for path in paths {
            switch PutPlan.kind(of: path) {
            case .plain(let size): add(path, relative: (path as NSString).lastPathComponent, size: size)
            case .folder:
                guard recursive else {
                    throw .usage(
                        phrase("\(path) is a directory", zh: "\(path) 是目录"),
                        fix: phrase("add --recursive to deposit every file below it", zh: "加 --recursive 可存证其下全部文件"))
                }
                walk(path, relative: "")
            case .link: omit(path, .symbolicLink, isFailure: true)
            case .special: omit(path, .special, isFailure: true)
            case .unreadable(let number): omit(path, .unreadable(errno: number), isFailure: true)
            }
        }
    }

    package var bytes: UInt64 { items.reduce(0) { $0 + $1.size } }

    // MARK: Walking

    /// Takes every plain file below a folder, in the order of names, so that two runs do the same.
    private mutating func walk(_ folder: String, relative: String) {
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } catch {
            omit(folder, .unreadable(errno: errno), isFailure: true)
            return
        }
        for name in names {
            let path = PutPlan.join(folder, name)
            let below = PutPlan.join(relative, name)
            switch PutPlan.kind(of: path) {
            case .plain(let size): add(path, relative: below, size: size)
            case .folder: walk(path, relative: below)
            case .link: omit(path, .symbolicLink, isFailure: false)
            case .special: omit(path, .special, isFailure: false)
            case .unreadable(let number): omit(path, .unreadable(errno: number), isFailure: true)
            }
        }
    }

    private mutating func add(_ path: String, relative: String, size: UInt64) {
        if PutPlan.isOurs(path) { return }
        let receiptPath = (outFolder.map { PutPlan.join($0, relative) } ?? path) + ReceiptFile.ending
        if let owner = receiptOwners[receiptPath] {
            // The same file named twice is no conflict.
            if owner != path { omit(path, .receiptTaken(by: owner), isFailure: true) }
            return
        }
        receiptOwners[receiptPath] = path
        items.append(
            Item(path: path, name: (path as NSString).lastPathComponent, size: size, receiptPath: receiptPath))
    }

    private mutating func omit(_ path: String, _ reason: Omission.Reason, isFailure: Bool) {
        omissions.append(Omission(path: path, reason: reason, isFailure: isFailure))
    }

    /// Receipts, and what a write of one leaves behind when it is cut short.
    static func isOurs(_ path: String) -> Bool {
        path.hasSuffix(ReceiptFile.ending) || path.contains(ReceiptFile.ending + ".") && path.hasSuffix("~")
    }

    static func join(_ folder: String, _ name: String) -> String {
        folder.isEmpty ? name : folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }

    private enum Kind { case plain(UInt64), folder, link, special, unreadable(Int32) }

    private static func kind(of path: String) -> Kind {
        var status = stat()
        // SAFETY: the path is a C string for the time of the call, `status` is ours.
        guard unsafe lstat(path, &status) == 0 else { return .unreadable(errno) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .plain(UInt64(status.st_size))
        case S_IFDIR: return .folder
        case S_IFLNK: return .link
        default: return .special
        }
    }
}

extension PutPlan.Omission {
    var sentence: String {
        switch reason {
        case .symbolicLink: phrase("a symbolic link; links are not followed", zh: "符号链接，不予跟随")
        case .special: phrase("neither a file nor a directory", zh: "既非文件也非目录")
        case .unreadable(let number): SystemReason.text(number)
        case .receiptTaken(let owner):
            phrase("its receipt would have the same name as that of \(owner)", zh: "其回执与 \(owner) 的回执同名")
        }
    }
}
