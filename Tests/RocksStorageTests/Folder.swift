// SPDX-License-Identifier: Apache-2.0
import Foundation
import RocksStorage
import Storage

/// A folder that goes away with the test.
final class Folder: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "jiuding-rocks-" + UUID().uuidString
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var store: String { path + "/store" }

    /// A copy of the store beside it, to be damaged.
    func copy(_ name: String = "copy") throws -> String {
        let target = path + "/" + name
        if FileManager.default.fileExists(atPath: target) {
            try FileManager.default.removeItem(atPath: target)
        }
        try FileManager.default.copyItem(atPath: store, toPath: target)
        return target
    }

    /// Returns when no file has come or gone for half a second: RocksDB writes out and merges beside its owner.
    func rest() throws {
        var (last, same): ([String], Int) = ([], 0)
        while same < 5 {
            usleep(100_000)
            let names = try FileManager.default.contentsOfDirectory(atPath: store + "/db").sorted()
            (last, same) = (names, names == last ? same + 1 : 0)
        }
    }

    /// All files of the store, by path below it.
    func files(_ directory: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: directory).sorted()
    }
}

enum Disk {
    static func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }

    static func write(_ bytes: [UInt8], _ path: String) throws {
        try Data(bytes).write(to: URL(filePath: path))
    }
}

extension WriteBatch {
    init(_ pairs: [(key: [UInt8], value: [UInt8])]) {
        self.init()
        for pair in pairs { put(pair.key, pair.value) }
    }
}
