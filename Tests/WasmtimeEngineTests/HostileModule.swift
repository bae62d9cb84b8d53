// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A module that means harm, from `Tests/Hostile/modules.json`: the same list is sent to a running network.
struct HostileModule: Decodable, Sendable {
    enum Place: String, Decodable { case upload, publish, bystander, deploy, call }

    /// Bytes, or pieces again, and how often that stands.
    private struct Piece: Decodable {
        let bytes: [UInt8]

        init(from decoder: any Decoder) throws {
            var pair = try decoder.unkeyedContainer()
            let once: [UInt8]
            if let text = try? pair.decode(String.self) {
                once = HostileModule.bytes(text)
            } else {
                once = try pair.decode([Piece].self).flatMap(\.bytes)
            }
            bytes = Array(repeatElement(once, count: try pair.decode(Int.self)).joined())
        }
    }

    private enum CodingKeys: String, CodingKey { case name, at, code, argument, copies, module }

    let name: String
    let place: Place
    let code: UInt16
    let argument: [UInt8]
    /// How many contracts of its code there are; the first is called.
    let copies: Int
    let module: [UInt8]

    init(from decoder: any Decoder) throws {
        let entry = try decoder.container(keyedBy: CodingKeys.self)
        name = try entry.decode(String.self, forKey: .name)
        place = try entry.decode(Place.self, forKey: .at)
        code = try entry.decode(UInt16.self, forKey: .code)
        argument = HostileModule.bytes(try entry.decode(String.self, forKey: .argument))
        copies = try entry.decode(Int.self, forKey: .copies)
        module = try entry.decode([Piece].self, forKey: .module).flatMap(\.bytes)
    }

    private static func bytes(_ text: String) -> [UInt8] {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// All of them; empty where the file cannot be read, which a test looks at.
    static let all: [HostileModule] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try? Data(contentsOf: folder.appending(path: "Hostile/modules.json"))
        return data.flatMap { try? JSONDecoder().decode([HostileModule].self, from: $0) } ?? []
    }()

    /// Names of its contracts, by its place in the list.
    func names(at place: Int) -> [String] {
        let number = (place < 16 ? "0" : "") + String(place, radix: 16)
        return "abcdefghi".prefix(copies).map { "x\(number)\($0)" }
    }
}
