// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing
import jiuding

/// Plans over a folder made for each test.
final class PutPlanTests {
    private let root = FileManager.default.temporaryDirectory.path + "/plan-\(UUID().uuidString)"

    init() throws {
        for folder in ["in/sub", "other"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
        }
        for name in ["in/b.txt", "in/a.txt", "in/sub/a.txt", "other/a.txt", "in/a.txt.receipt", "in/c.receipt.77~"] {
            try Data("x".utf8).write(to: URL(fileURLWithPath: "\(root)/\(name)"))
        }
        try FileManager.default.createSymbolicLink(atPath: "\(root)/in/link", withDestinationPath: "a.txt")
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    @Test("a folder gives its files in order, without receipts, and follows no link")
    func walk() throws {
        let plan = try PutPlan(paths: ["\(root)/in"], recursive: true, outFolder: nil)
        #expect(plan.items.map(\.path) == ["in/a.txt", "in/b.txt", "in/sub/a.txt"].map { "\(root)/\($0)" })
        #expect(plan.items[0].receiptPath == "\(root)/in/a.txt.receipt")
        #expect(plan.omissions.map(\.reason) == [.symbolicLink])
        #expect(plan.omissions.allSatisfy { !$0.isFailure })
        #expect(plan.bytes == 3)
    }

    @Test("--out mirrors the folder's own subfolders")
    func mirror() throws {
        let plan = try PutPlan(paths: ["\(root)/in/"], recursive: true, outFolder: "r")
        #expect(plan.items.map(\.receiptPath) == ["r/a.txt.receipt", "r/b.txt.receipt", "r/sub/a.txt.receipt"])
    }

    @Test("two files whose receipts would have one name are not both taken, and one file named twice is one")
    func collision() throws {
        let (first, second) = ("\(root)/in/a.txt", "\(root)/other/a.txt")
        let plan = try PutPlan(paths: [first, second, first], recursive: false, outFolder: "r")
        #expect(plan.items.map(\.path) == [first])
        #expect(plan.omissions.map(\.reason) == [.receiptTaken(by: first)])
        #expect(plan.omissions[0].isFailure)
    }

    @Test("a folder without --recursive is a usage error; what is not there is a failure of that path alone")
    func refusals() throws {
        #expect(throws: Failure.self) { try PutPlan(paths: [self.root], recursive: false, outFolder: nil) }
        let plan = try PutPlan(paths: ["\(root)/none", "\(root)/in/link"], recursive: false, outFolder: nil)
        #expect(plan.items.isEmpty && plan.omissions.count == 2 && plan.omissions.allSatisfy(\.isFailure))
    }
}
