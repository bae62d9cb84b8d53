// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import Testing

/// ORG-1 to ORG-3: codes that check themselves.
@Suite struct OrganizationTests {
    @Test("the standard's own example and real codes pass, and any one character changed fails (ORG-2)")
    func creditCodes() throws {
        for text in ["91350100M000100Y43", "91110000802100433B"] {
            #expect(CreditCode(text)?.text == text)
            let code = Array(text.utf8)
            for place in code.indices {
                for other in Array("0123456789ABCDEFGHJKLMNPQRTUWXY".utf8) where other != code[place] {
                    var changed = code
                    changed[place] = other
                    #expect(CreditCode(ascii: changed) == nil)
                }
            }
        }
        for bad in ["", "91350100M000100Y4", "91350100M000100Y433", "91350100m000100Y43", "9135010OM000100Y43"] {
            #expect(CreditCode(bad) == nil)
        }
    }

    @Test("a region is six digits of a province that may be (ORG-3)")
    func regions() {
        #expect(RegionCode("110000")?.value == 110_000 && RegionCode("820001")?.text == "820001")
        for bad in ["", "11000", "1100000", "100000", "830000", "11000x", "+11000", "１１００００"] {
            #expect(RegionCode(bad) == nil)
        }
    }

    @Test("roles are words and bits, and unknown bits are none (MEMB-3)")
    func roles() {
        for role in MemberRole.allCases {
            #expect(MemberRole(word: role.word) == role && RoleSet(role).roles == [role])
        }
        #expect((try? RoleSet(decoding: [0xff, 0x03]))?.count == 9)
        #expect((try? RoleSet(decoding: [0xff, 0x07])) == nil)
        #expect(MemberRole(word: "root") == nil)
    }
}
