// SPDX-License-Identifier: Apache-2.0
import Bedrock

/// A form whose every name is resolved: what the compiled bytes say, with the words people read.
struct FormPlan {
    enum Kind: UInt8, CaseIterable {
        case flag, number, signed, text, bytes, digest, moment, choice

        var word: String { String(describing: self) }
    }

    struct Field {
        let name: String
        let kind: Kind
        let isRequired: Bool
        let isFixed: Bool
        let isIndexed: Bool
        let least: UInt64
        let most: UInt64
        let choices: [String]
        let titles: FormTitles
    }

    enum Who {
        case anyone, creator
        case group(Int)
    }

    enum Window: UInt8 {
        case always, before, from
    }

    struct State {
        let name: String
        let titles: FormTitles
    }

    struct Transition {
        let name: String
        let from: [Int]
        let to: Int
        let by: [Who]
        let signatures: UInt64
        let sets: [Int]
        let window: Window
        let windowField: Int
        let titles: FormTitles
    }

    let name: String
    let version: UInt64
    let titles: FormTitles
    let operatorName: String
    let groups: [String]
    let fields: [Field]
    let key: Int
    let states: [State]
    let createdBy: [Who]
    let firstState: Int
    let changedBy: [Who]
    let changedIn: [Int]
    let transitions: [Transition]

    /// The compiled form (KIT-16).
    var bytes: [UInt8] {
        var encoder = Encoder(reserving: 512)
        encoder.u8(1)
        encoder.text(operatorName)
        encoder.each(groups) { $0.text($1) }
        encoder.each(fields) { encoder, field in
            encoder.text(field.name)
            encoder.u8(field.kind.rawValue)
            for flag in [field.isRequired, field.isFixed, field.isIndexed] { encoder.flag(flag) }
            encoder.number(field.least)
            encoder.number(field.most)
        }
        encoder.count(key)
        encoder.count(states.count)
        encoder.whos(createdBy)
        encoder.count(firstState)
        encoder.whos(changedBy)
        encoder.each(changedIn) { $0.count($1) }
        encoder.each(transitions) { encoder, step in
            encoder.text(step.name)
            encoder.each(step.from) { $0.count($1) }
            encoder.count(step.to)
            encoder.whos(step.by)
            encoder.number(step.signatures)
            encoder.each(step.sets) { $0.count($1) }
            encoder.u8(step.window.rawValue)
            encoder.count(step.windowField)
        }
        return encoder.bytes
    }
}

extension Encoder {
    fileprivate mutating func text(_ text: String) { bytes(Array(text.utf8)) }

    fileprivate mutating func each<Element>(_ elements: [Element], _ write: (inout Encoder, Element) -> Void) {
        count(elements.count)
        for element in elements { write(&self, element) }
    }

    fileprivate mutating func whos(_ whos: [FormPlan.Who]) {
        each(whos) { encoder, who in
            switch who {
            case .anyone: encoder.u8(0)
            case .creator: encoder.u8(1)
            case .group(let number):
                encoder.u8(2)
                encoder.count(number)
            }
        }
    }
}
