// SPDX-License-Identifier: Apache-2.0
import Hosting
import ShangMi
import Testing

/// What modules say of themselves is read once.
@Suite struct DescriptionShelfTests {
    private struct Unreadable: Error {}

    private static func code(_ number: Int) -> Digest { SM3.hash(Array("\(number)".utf8)) }

    @Test("a module is read once, also one that says nothing, and again after a failure (API-64)")
    func once() throws {
        let shelf = DescriptionShelf()
        var reads = 0
        for _ in 0..<3 {
            let said = shelf.description(of: Self.code(1)) {
                reads += 1
                return [7]
            }
            let silent = shelf.description(of: Self.code(2)) {
                reads += 1
                return nil
            }
            #expect(said == [7] && silent == nil)
        }
        #expect(reads == 2)
        #expect(throws: Unreadable.self) {
            try shelf.description(of: Self.code(3)) { () throws(Unreadable) in throw Unreadable() }
        }
        #expect(shelf.description(of: Self.code(3)) { [9] } == [9])
    }

    @Test("no more than its bytes and its count are kept; what was asked for longest ago goes (API-64)")
    func bounds() {
        let shelf = DescriptionShelf()
        var reads = 0
        func ask(_ number: Int, bytes: Int) {
            _ = shelf.description(of: Self.code(number)) {
                reads += 1
                return [UInt8](repeating: 0, count: bytes)
            }
        }
        let large = 64 << 10
        let full = DescriptionShelf.bytesMax / large
        for number in 0..<full { ask(number, bytes: large) }
        ask(0, bytes: large)
        #expect(reads == full, "all of them have room")
        ask(full, bytes: large)
        ask(0, bytes: large)
        #expect(reads == full + 1, "used again, it stays")
        ask(1, bytes: large)
        #expect(reads == full + 2, "the one not used for longest made room")
        let small = DescriptionShelf()
        reads = 0
        for number in 0...DescriptionShelf.countMax {
            _ = small.description(of: Self.code(number)) {
                reads += 1
                return nil
            }
        }
        _ = small.description(of: Self.code(0)) {
            reads += 1
            return nil
        }
        #expect(reads == DescriptionShelf.countMax + 2)
    }
}
