// SPDX-License-Identifier: Apache-2.0
import ClientKit
import Foundation

/// Real files for the demonstration: what this machine's packages say about themselves.
enum DemoDocuments {
    /// Paths of plain files below /usr/share/doc; few on a bare machine, none on some.
    static func found(max: Int) -> [String] {
        let root = "/usr/share/doc"
        let folders = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).sorted()
        let paths = folders.lazy.map { "\(root)/\($0)/copyright" }.filter { path in
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            return attributes?[.type] as? FileAttributeType == .typeRegular && attributes?[.size] as? UInt64 ?? 0 > 0
        }
        return Array(paths.prefix(max))
    }

    /// Copies the files, or writes three of our own where there are none.
    /// - Returns: the bytes copied.
    static func copy(_ files: [String], to folder: String) throws -> UInt64 {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var bytes: UInt64 = 0
        func write(_ content: Data, _ name: String) throws {
            try content.write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            bytes += UInt64(content.count)
        }
        for file in files {
            let package = URL(fileURLWithPath: file).deletingLastPathComponent().lastPathComponent
            try write(FileManager.default.contents(atPath: file) ?? Data(), "\(package).txt")
        }
        if files.isEmpty {
            for number in 1...3 { try write(Data("document \(number) of the demonstration\n".utf8), "\(number).txt") }
        }
        return bytes
    }
}

/// What a command printed with --json.
enum DemoAnswer {
    /// The whole numbers of the object, those of the first element of its lists included.
    static func numbers(_ text: String) -> [String: UInt64] {
        guard let value = try? JSONValue(parsing: [UInt8](text.utf8)) else { return [:] }
        var found: [String: UInt64] = [:]
        collect(value, into: &found)
        return found
    }

    private static func collect(_ value: JSONValue, into found: inout [String: UInt64]) {
        guard case .object(let fields) = value else { return }
        for field in fields {
            switch field.value {
            case .number(let digits):
                if found[field.key] == nil { found[field.key] = UInt64(digits) }
            case .list(let elements): if let first = elements.first { collect(first, into: &found) }
            default: break
            }
        }
    }
}
