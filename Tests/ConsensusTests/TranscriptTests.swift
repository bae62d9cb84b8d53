// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Foundation
import Ledger
import Testing

/// Runs the commands of a transcript on one voter and writes down what it orders.
private struct Interpreter {
    private var paper = PaperCommittee(1)
    private var me = ValidatorIndex(0)
    private var disk = SafetyRecord(startOf: .zero)
    private var voter: Voter
    private var headers: [String: Header] = [:]
    private var lines: [String] = []

    init() {
        voter = Voter(context: paper.context, committee: paper.committee, me: me, record: disk)
    }

    /// - Returns: the command's output, a line an effect. "… ! n" crashes after n effects and starts again.
    mutating func run(_ line: String) -> [String] {
        lines = []
        let halves = line.components(separatedBy: " ! ")
        let words = halves[0].split(separator: " ").map(String.init)
        let limit = halves.count > 1 ? Int(halves[1]) ?? 0 : .max
        if words[0] == "committee" {
            paper = PaperCommittee(number(words[1]))
            me = ValidatorIndex(number(words[3]))
            restart()
        } else if words[0] == "restart" {
            restart()
            take(.started, limit)
        } else {
            for event in events(words) { take(event, limit) }
        }
        if limit < .max {
            lines.append("crash")
            restart()
            take(.started, .max)
        }
        return lines
    }

    private func number(_ word: String) -> Int { Int(word) ?? 0 }

    private mutating func restart() {
        voter = Voter(context: paper.context, committee: paper.committee, me: me, record: disk)
    }

    private mutating func events(_ words: [String]) -> [Voter.Event] {
        switch words[0] {
        case "start": return [.started]
        case "confirmed": return [.released]
        case "disowned": return [.disowned]
        case "return": return [.mayReturn(above: View(UInt64(number(words[2]))))]
        case "suspect": return [.suspected((0..<paper.committee.count).map { $0 == number(words[1]) })]
        case "decline": return [.declined]
        case "demand": return [.demandChanged(words[1] == "on")]
        case "expire": return [.deadlinePassed(View(UInt64(number(words[1]))))]
        case "draft": return [.drafted(header(words[1]))]
        case "proposal":
            let proposal = paper.proposal(header(words[1]), voter.justification, voter.record.finality)
            return paper.verified(proposal).map { [.proposalReceived($0)] } ?? []
        case "judged":
            return headers[words[1]].map { [.judged($0.id, valid: words[2] == "valid")] } ?? []
        case "nullify":
            return ballots(words, .nullify(level: View(UInt64(number(words[3])))), number(words[1]))
        default:
            guard let header = headers[words[1]] else { return [] }
            let statement = words[0] == "notarize" ? Statement.notarize(header.id) : .finalize(header.id)
            return ballots(words, statement, Int(header.view.value))
        }
    }

    private func ballots(_ words: [String], _ statement: Statement, _ view: Int) -> [Voter.Event] {
        let signers = words[(words.firstIndex(of: "by") ?? 0) + 1].split(separator: ",")
        return signers.compactMap { signer in
            let index = ValidatorIndex(number(String(signer)))
            let ballot = paper.ballot(statement, View(UInt64(view)), by: index)
            return paper.verified(ballot).map { .ballotReceived($0, base: nil) }
        }
    }

    /// The header named so; a new one stands in the current view on what is justified there.
    private mutating func header(_ name: String) -> Header {
        if let known = headers[name] { return known }
        let parent = voter.justification.parent?.block
        let height = headers.values.first { $0.id == parent }?.height ?? .zero
        let header = paper.header(voter.view, height.next, on: parent, salt: UInt64(headers.count))
        headers[name] = header
        return header
    }

    private mutating func take(_ event: Voter.Event, _ limit: Int) {
        var own: [Voter.Event] = []
        for effect in voter.step(event).prefix(limit) {
            lines.append(words(effect))
            switch effect {
            case .persist(let record): disk = record
            case .sign(let statement, let view):
                if let ballot = paper.verified(paper.ballot(statement, view, by: me)) {
                    own.append(.ballotReceived(ballot, base: nil))
                }
            case .signProposal(let header, let entry, let finality):
                if let proposal = paper.verified(paper.proposal(header, entry, finality)) {
                    own.append(.proposalReceived(proposal))
                }
            default: break
            }
        }
        if limit < .max { return }
        for event in own { take(event, limit) }
    }

    private func name(_ block: BlockID?) -> String {
        headers.first { $0.value.id == block }?.key ?? "-"
    }

    private func words(_ statement: Statement) -> String {
        switch statement {
        case .notarize(let block): "notarize \(name(block))"
        case .finalize(let block): "finalize \(name(block))"
        case .nullify(let level): "nullify above \(level.value)"
        }
    }

    private func words(_ silence: SafetyRecord.Silence?) -> String {
        switch silence {
        case nil: ""
        case .unbounded: " silent"
        case .through(let view): " silent through \(view.value)"
        }
    }

    private func words(_ effect: Voter.Effect) -> String {
        switch effect {
        case .persist(let record):
            return "persist view \(record.view.value)"
                + (record.proposed.map { " proposed \(name($0.id))" } ?? "")
                + (record.notarized.map { " notarized \(name($0))" } ?? "")
                + (record.nullified.map { " nullified above \($0.value)" } ?? "")
                + (record.lastFinalize.map { " finalized \(name($0.block))" } ?? "")
                + words(record.silence)
        case .sign(let statement, let view): return "sign \(words(statement)) in view \(view.value)"
        case .signProposal(let header, _, _): return "sign proposal \(name(header.id))"
        case .broadcast(let ballot, let base):
            return "broadcast \(words(ballot.statement)) in view \(ballot.view.value)"
                + (base.map { " with the notarization of \(name($0.block))" } ?? "")
        case .broadcastProposal(let proposal): return "broadcast proposal \(name(proposal.header.id))"
        case .judge(let proposal): return "judge \(name(proposal.header.id))"
        case .finalized(let certificate): return "finalized \(name(certificate.block))"
        case .arm(let view, let span): return "arm view \(view.value) for \(span.nanoseconds / 1_000_000) ms"
        case .accuse(.ballots(let first, _)): return "accuse \(first.signer.value) of two ballots"
        case .accuse(.proposals(let first, _)):
            return "accuse \(first.header.proposer.value) of two proposals"
        }
    }
}

@Suite struct TranscriptTests {
    @Test(
        "a voter says what its transcript says (CONS-9 to CONS-24)",
        arguments: [
            "happy-path-n1", "happy-path-n4", "view-change", "equivocation", "restart-in-a-vote", "liar",
            "lost-record", "skipped-leader",
        ])
    func transcript(name: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let file = folder.appendingPathComponent("Transcripts/\(name).txt")
        let text = try String(contentsOf: file, encoding: .utf8)
        var interpreter = Interpreter()
        var written: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("    ") { continue }
            written.append(line)
            if line.isEmpty || line.hasPrefix("#") { continue }
            written += interpreter.run(line).map { "    \($0)" }
        }
        let result = written.joined(separator: "\n")
        if ProcessInfo.processInfo.environment["REWRITE"] == "1" {
            try result.write(to: file, atomically: true, encoding: .utf8)
        } else {
            #expect(result == text)
        }
    }
}
