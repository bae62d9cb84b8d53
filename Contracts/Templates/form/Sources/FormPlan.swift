// SPDX-License-Identifier: Apache-2.0
import ContractKit

/// A compiled form: what a registry keeps, who may do what to it, and in which states.
///
/// It comes from the form compiler (Sources/ContractForms of the platform), is given to the contract at its start, and
/// never changes. What is read here was checked then.
/// - Spec: KIT-16.
struct FormPlan {
    /// Who may do something.
    enum Who {
        case anyone
        /// The organisation that made the record.
        case creator
        /// The organisations of a group, by its number.
        case group(UInt64)
    }

    struct Transition {
        let name: Text
        let from: [UInt64]
        let to: UInt64
        let by: [Who]
        let signatures: UInt64
        /// Fields given with the call.
        let sets: [UInt64]
        /// 0: at any time; 1: only before the time in a field; 2: only from then on.
        let window: UInt8
        let windowField: UInt64
    }

    static let format: UInt8 = 1

    let operatorName: Text
    let groups: [Text]
    let fields: [FormField]
    /// The field whose value names a record.
    let key: Int
    let stateCount: UInt64
    let createdBy: [Who]
    let firstState: UInt64
    let changedBy: [Who]
    let changedIn: [UInt64]
    let transitions: [Transition]

    init(decoding bytes: Bytes) throws(Failure) {
        var reader = Reader(bytes)
        guard try reader.byte() == FormPlan.format else { throw .malformed }
        operatorName = try reader.take()
        groups = try reader.take()
        var fields: [FormField] = []
        for _ in 0..<(try reader.number(max: 64)) { fields.append(try FormField(from: &reader)) }
        self.fields = fields
        let key = try reader.number(max: 63)
        stateCount = try reader.number(max: 32)
        createdBy = try FormPlan.whos(from: &reader)
        firstState = try reader.number()
        changedBy = try FormPlan.whos(from: &reader)
        changedIn = try reader.take()
        var transitions: [Transition] = []
        for _ in 0..<(try reader.number(max: 64)) { transitions.append(try FormPlan.transition(from: &reader)) }
        self.transitions = transitions
        try reader.finish()
        guard key < UInt64(fields.count), fields[Int(key)].isRequired, fields[Int(key)].isFixed else {
            throw .malformed
        }
        self.key = Int(key)
        try check()
    }

    private static func whos(from reader: inout Reader) throws(Failure) -> [Who] {
        var whos: [Who] = []
        for _ in 0..<(try reader.number(max: 32)) {
            switch try reader.byte() {
            case 0: whos.append(.anyone)
            case 1: whos.append(.creator)
            case 2: whos.append(.group(try reader.number()))
            default: throw .malformed
            }
        }
        return whos
    }

    private static func transition(from reader: inout Reader) throws(Failure) -> Transition {
        Transition(
            name: try reader.take(), from: try reader.take(), to: try reader.number(), by: try whos(from: &reader),
            signatures: try reader.number(max: 32), sets: try reader.take(),
            window: UInt8(truncatingIfNeeded: try reader.number(max: 2)), windowField: try reader.number())
    }

    /// Every number names something that is there.
    private func check() throws(Failure) {
        if firstState >= stateCount { throw .malformed }
        for step in transitions {
            if step.to >= stateCount || step.signatures == 0 { throw .malformed }
            for field in step.sets where field >= UInt64(fields.count) || fields[Int(field)].isFixed {
                throw .malformed
            }
            if step.window == 0 { continue }
            guard step.windowField < UInt64(fields.count), fields[Int(step.windowField)].kind == .moment else {
                throw .malformed
            }
        }
    }
}
