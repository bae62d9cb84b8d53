// SPDX-License-Identifier: Apache-2.0
import ContractKit
import Testing

@Suite("the kit's own bytes")
struct BytesTests {
    @Test("bytes sort by the first that differs, the shorter first")
    func order() {
        #expect(Bytes([1]).precedes(Bytes([1, 0])) && !Bytes([1, 0]).precedes(Bytes([1])))
        #expect(Bytes([1, 9]).precedes(Bytes([2])) && !Bytes([2]).precedes(Bytes([2])))
    }
}
