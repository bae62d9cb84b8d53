// SPDX-License-Identifier: Apache-2.0
import Gateway
import Ledger
import ShangMi
import Testing

@Suite struct QuestionRowTests {
    private static func account(_ number: UInt8) -> AccountID { AccountID(SM3.hash([number])) }

    @Test("of a member four questions wait, of strangers twelve, of all sixteen; who leaves makes room (API-65)")
    func places() {
        let row = QuestionRow()
        for _ in 0..<4 { #expect(row.enter(Self.account(1))) }
        #expect(!row.enter(Self.account(1)))
        for _ in 0..<12 { #expect(row.enter(nil)) }
        #expect(!row.enter(nil) && !row.enter(Self.account(2)))
        row.leave(nil)
        #expect(row.enter(Self.account(2)) && !row.enter(nil))
        row.leave(Self.account(1))
        #expect(row.enter(Self.account(1)) && !row.enter(Self.account(1)))
        for _ in 0..<4 { row.leave(Self.account(1)) }
        row.leave(Self.account(2))
        for _ in 0..<11 { row.leave(nil) }
        for _ in 0..<12 { #expect(row.enter(nil)) }
        for _ in 0..<4 { #expect(row.enter(Self.account(3))) }
        #expect(!row.enter(Self.account(4)))
    }
}
