// SPDX-License-Identifier: Apache-2.0
import ContractKit

extension Form {
    static let pageLimit: UInt64 = 50

    static func get(_ plan: FormPlan, _ reader: inout Reader) throws(Failure) {
        let key = try plan.fields[plan.key].value(from: &reader)
        try reader.finish()
        try Call.answer(try records.get(Verbatim(key)))
    }

    static func past(_ plan: FormPlan, _ reader: inout Reader) throws(Failure) {
        let key = try plan.fields[plan.key].value(from: &reader)
        let start = try reader.number()
        try reader.finish()
        try Call.answer(try history.entries(of: Verbatim(key), from: start, limit: pageLimit))
    }

    static func inState(_ plan: FormPlan, _ reader: inout Reader) throws(Failure) {
        let state = try reader.byte()
        let cursor: Bytes? = try reader.take()
        try reader.finish()
        let page = try OrderedBytes("in-state").page(
            from: entry(state, .empty), below: state == .max ? nil : entry(state + 1, .empty), limit: pageLimit,
            after: cursor)
        var found = Writer()
        found.number(UInt64(page.count))
        for entry in page {
            found.raw(entry.slice(1, entry.count))
            found.put(entry)
        }
        try Call.answer(Verbatim(found.done()))
    }

    /// Records in the order of a field: from a value, up to below a value, behind the page before.
    static func list(by field: FormField, _ plan: FormPlan, _ reader: inout Reader) throws(Failure) {
        let from = try Bool(from: &reader) ? try field.ordered(field.value(from: &reader)) : nil
        let below = try Bool(from: &reader) ? try field.ordered(field.value(from: &reader)) : nil
        let cursor: Bytes? = try reader.take()
        try reader.finish()
        let page = try OrderedBytes("by-" + field.name).page(from: from, below: below, limit: pageLimit, after: cursor)
        var found = Writer()
        found.number(UInt64(page.count))
        for entry in page {
            found.raw(try field.keyBytes(of: entry))
            found.put(entry)
        }
        try Call.answer(Verbatim(found.done()))
    }
}

extension FormField {
    /// What stands behind the ordered value in an entry: the record's key.
    func keyBytes(of entry: Bytes) throws(Failure) -> Bytes {
        var at = 0
        switch kind {
        case .number, .moment, .signed: at = 8
        case .digest: at = 32
        case .flag, .choice: at = 1
        case .bytes: throw .stateMismatch
        case .text:
            while at < entry.count, entry[at] != 0 { at += 1 }
            at += 1
        }
        if at > entry.count { throw .stateMismatch }
        return entry.slice(at, entry.count)
    }
}
