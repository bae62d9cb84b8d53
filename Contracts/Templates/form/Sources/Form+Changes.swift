// SPDX-License-Identifier: Apache-2.0
import ContractKit

extension Form {
    static func create(_ plan: FormPlan, _ reader: inout Reader) throws(Failure) {
        var values: [Bytes?] = []
        for field in plan.fields {
            let isThere = field.isRequired ? true : try Bool(from: &reader)
            values.append(isThere ? try field.value(from: &reader) : nil)
        }
        try reader.finish()
        guard let key = values[plan.key] else { throw .malformed }
        if try records.contains(Verbatim(key)) { throw exists }
        let creator = Caller.organization
        try require(plan.createdBy, plan, creator: creator)
        let state = UInt8(truncatingIfNeeded: plan.firstState)
        try save(FormRecord(state, of: creator, at: Block.time, values), over: nil, key, plan)
        try note("create", key)
    }

    static func change(_ plan: FormPlan, _ reader: inout Reader) throws(Failure) {
        let (key, former) = try record(plan, &reader)
        var record = former
        for index in 0..<plan.fields.count where !plan.fields[index].isFixed {
            if try Bool(from: &reader) { record.values[index] = try plan.fields[index].value(from: &reader) }
        }
        try reader.finish()
        if !plan.changedIn.contains(UInt64(record.state)) { throw wrongState }
        try require(plan.changedBy, plan, creator: record.creator)
        record.changed = Block.time
        try save(record, over: former, key, plan)
        try note("change", key)
    }

    /// One organisation's step towards a transition, and the transition with the last one needed.
    static func move(_ step: FormPlan.Transition, _ plan: FormPlan, _ reader: inout Reader) throws(Failure) {
        let (key, former) = try record(plan, &reader)
        var record = former
        for place in step.sets {
            let field = plan.fields[Int(place)]
            let isThere = field.isRequired ? true : try Bool(from: &reader)
            if isThere { record.values[Int(place)] = try field.value(from: &reader) }
        }
        try reader.finish()
        if !step.from.contains(UInt64(record.state)) { throw wrongState }
        try require(step.by, plan, creator: record.creator)
        try require(step, within: record)
        if try !isLast(step, key, record) { return }
        record.state = UInt8(truncatingIfNeeded: step.to)
        record.changed = Block.time
        try save(record, over: former, key, plan)
        try note(step.name, key)
    }

    /// Counts a signature; true where no more are needed. Signatures hold for the record as it was last changed.
    private static func isLast(_ step: FormPlan.Transition, _ key: Bytes, _ record: FormRecord) throws(Failure) -> Bool
    {
        if step.signatures == 1 { return true }
        // One short name for this round of signing: a key with all of it in full would be too long.
        var round = Writer()
        round.raw(key)
        round.put(step.name)
        round.put(record.changed)
        round.byte(record.state)
        let name = try Text(utf8: letters(Digest(of: round.done()).bytes.slice(0, 16)))
        if try !signatures.insert(Pair(name, Caller.organization)) { throw signedAlready }
        let count = try (signatureCount.get(name) ?? 0).plus(1)
        try signatureCount.set(name, count)
        try note("sign " + step.name, key)
        return count >= step.signatures
    }

    private static func letters(_ bytes: Bytes) -> Bytes {
        var text = Writer()
        for index in 0..<bytes.count {
            text.byte(97 + bytes[index] >> 4)
            text.byte(97 + bytes[index] & 15)
        }
        return text.done()
    }

    private static func require(_ step: FormPlan.Transition, within record: FormRecord) throws(Failure) {
        if step.window == 0 { return }
        guard let value = record.values[Int(step.windowField)] else { return }
        let time = try Moment(decoding: value)
        if step.window == 1, Block.time >= time { throw tooLate }
        if step.window == 2, Block.time < time { throw tooEarly }
    }

    private static func require(_ whos: [FormPlan.Who], _ plan: FormPlan, creator: Text) throws(Failure) {
        let caller = Caller.organization
        for who in whos {
            switch who {
            case .anyone: return
            case .creator: if creator == caller { return }
            case .group(let number):
                guard number < UInt64(plan.groups.count) else { throw .stateMismatch }
                if try groups.contains(Pair(plan.groups[Int(number)], caller)) { return }
            }
        }
        throw notAllowed
    }

    /// The record a call names first.
    static func record(_ plan: FormPlan, _ reader: inout Reader) throws(Failure) -> (Bytes, FormRecord) {
        let key = try plan.fields[plan.key].value(from: &reader)
        guard let bytes = try records.get(Verbatim(key)) else { throw unknown }
        return (key, try FormRecord(from: bytes.bytes, plan))
    }

    /// Writes a record, and moves it in every index it stands in.
    private static func save(
        _ record: FormRecord, over former: FormRecord?, _ key: Bytes, _ plan: FormPlan
    ) throws(Failure) {
        var writer = Writer()
        record.encode(into: &writer, plan)
        try records.set(Verbatim(key), Verbatim(writer.done()))
        let states = OrderedBytes("in-state")
        if let former, former.state != record.state { try states.remove(entry(former.state, key)) }
        if former?.state != record.state { try states.insert(entry(record.state, key)) }
        for index in 0..<plan.fields.count where plan.fields[index].isIndexed {
            let field = plan.fields[index]
            if former?.values[index] == record.values[index] { continue }
            let order = OrderedBytes("by-" + field.name)
            if let old = former?.values[index] { try order.remove(entry(field.ordered(old), key)) }
            if let new = record.values[index] { try order.insert(entry(field.ordered(new), key)) }
        }
    }

    static func entry(_ state: UInt8, _ key: Bytes) -> Bytes {
        var writer = Writer()
        writer.byte(state)
        writer.raw(key)
        return writer.done()
    }

    private static func entry(_ order: Bytes, _ key: Bytes) throws(Failure) -> Bytes {
        var writer = Writer()
        writer.raw(order)
        writer.raw(key)
        return writer.done()
    }

    private static func note(_ action: Text, _ key: Bytes) throws(Failure) {
        let step = FormStep(action, key)
        try history.append(step, to: Verbatim(key))
        try changed.emit(step)
    }
}
