// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Foundation
import Hosting
import Ledger
import ShangMi
import Testing

@Suite struct SafetyRingTests {
    private let owner = SM3.hash([1])

    private func folder() throws -> String {
        let path = NSTemporaryDirectory() + "/ring-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    private func record(_ view: UInt64) -> SafetyRecord {
        var record = SafetyRecord(startOf: .zero)
        record.view = View(view)
        record.notarized = BlockID(SM3.hash([UInt8(truncatingIfNeeded: view)]))
        return record
    }

    /// A ring that was written `count` times, closed.
    private func ring(in path: String, count: UInt64) throws {
        let ring = try SafetyRing(directory: path, owner: owner, mayCreate: true)
        for number in 1...count { try ring.write(record(number)) }
    }

    private func newest(in path: String, mayCreate: Bool = false) throws -> View? {
        try SafetyRing(directory: path, owner: owner, mayCreate: mayCreate).newest?.view
    }

    /// Turns bytes over in the slot of a record.
    private func spoil(_ path: String, _ name: String, record number: UInt64) throws {
        let file = try #require(FileHandle(forUpdatingAtPath: "\(path)/\(name)"))
        try file.seek(toOffset: number % 64 * UInt64(SafetyRing.slotBytes) + 60)
        try file.write(contentsOf: [0xff, 0xfe, 0xfd])
        try file.close()
    }

    @Test("the newest record is found again, before and after the ring has gone round (RING-1, RING-2)")
    func wrap() throws {
        for count in [1, 2, 63, 64, 65, 200] as [UInt64] {
            let path = try folder()
            try ring(in: path, count: count)
            #expect(try newest(in: path) == View(count))
            let size = try FileManager.default.attributesOfItem(atPath: path + "/safety.a")[.size] as? Int
            #expect(size == 64 * SafetyRing.slotBytes)
            try FileManager.default.removeItem(atPath: path)
        }
    }

    @Test("a slot is JDSR, its number, its owner, the record and a digest of all that (RING-3)")
    func form() throws {
        let path = try folder()
        try ring(in: path, count: 3)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + "/safety.b")))
        var encoder = Encoder(reserving: 0)
        encoder.raw([0x4a, 0x44, 0x53, 0x52, 2])
        encoder.u64(3)
        owner.encode(into: &encoder)
        encoder.bytes(record(3).encoded)
        let slot = encoder.bytes + SM3.hash(encoder.bytes).bytes
        #expect(Array(bytes[(3 * SafetyRing.slotBytes)...].prefix(slot.count)) == slot)
    }

    @Test("one file rotted or gone is made good by the other; a slot torn in both was never signed (RING-4)")
    func damage() throws {
        let path = try folder()
        try ring(in: path, count: 70)
        for number in 7...70 as ClosedRange<UInt64> { try spoil(path, "safety.a", record: number) }
        #expect(try newest(in: path) == View(70))
        try FileManager.default.removeItem(atPath: path + "/safety.a")
        #expect(try newest(in: path) == View(70))
        let other = try folder()
        try ring(in: other, count: 70)
        try spoil(other, "safety.a", record: 70)
        try spoil(other, "safety.b", record: 70)
        #expect(try newest(in: other) == View(69))
    }

    @Test(
        "a validator that has voted does not start without its ring, nor with a blank or broken one (RING-5)")
    func lost() throws {
        let path = try folder()
        #expect(throws: SafetyRingError.self) { try newest(in: path) }
        #expect(try newest(in: path, mayCreate: true) == nil)
        // Made and never written: fine for a fresh key, a loss for one that has voted.
        #expect(try newest(in: path, mayCreate: true) == nil)
        #expect(throws: SafetyRingError.self) { try newest(in: path) }
        let voted = try folder()
        try ring(in: voted, count: 5)
        for name in ["safety.a", "safety.b"] { try spoil(voted, name, record: 4) }
        #expect(throws: SafetyRingError.self) { try newest(in: voted) }
        for name in ["safety.a", "safety.b"] {
            for number in 1...5 as ClosedRange<UInt64> { try spoil(voted, name, record: number) }
        }
        #expect(throws: SafetyRingError.self) { try newest(in: voted, mayCreate: true) }
    }

    @Test("a ring of another chain or key is refused (RING-6)")
    func foreign() throws {
        let path = try folder()
        try ring(in: path, count: 2)
        #expect(throws: SafetyRingError.self) {
            try SafetyRing(directory: path, owner: SM3.hash([2]), mayCreate: true)
        }
    }
}
