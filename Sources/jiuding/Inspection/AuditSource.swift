// SPDX-License-Identifier: Apache-2.0
import Administration
import ArgumentParser
import ClientKit

/// Where rows come from: a node's directory on this machine, or a node's gateway.
/// - Spec: AUD-10, AUD-13.
struct AuditSource: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            phrase("Read the log of the node behind this gateway.", zh: "经该网关读取节点的日志。"), valueName: "url"))
    var node: String?

    @OptionGroup var caller: CallerOptions
    @OptionGroup var store: StoreOptions

    /// Hands every chosen row to `body`, in their order, also such as are not what was written: `verify` names those.
    /// - Parameter newest: how many of the newest are wanted; rows before them may be left out.
    func forEachRow(_ choice: AuditChoice, newest: Int? = nil, _ body: (AuditRow) throws -> Void) async throws {
        guard let node else {
            var problem: (any Error)?
            try choice.forEachRow(try AuditPlace.one(below: store.data)) { row in
                guard problem == nil else { return }
                do { try body(row) } catch { problem = error }
            }
            if let problem { throw problem }
            return
        }
        let client = try caller.client(node)
        do { try await read(choice, newest, client, body) } catch {
            await client.close()
            throw error
        }
        await client.close()
    }

    private func read(
        _ choice: AuditChoice, _ newest: Int?, _ client: NodeClient, _ body: (AuditRow) throws -> Void
    ) async throws {
        let filter = choice.filter
        var wanted = NodeClient.AuditChoice()
        (wanted.from, wanted.to, wanted.act, wanted.who) = (filter.from, filter.to, filter.act, filter.who)
        wanted.isDenied = filter.isDenied
        // Of a whole log the newest are its last: nobody reads all that is before them.
        if let newest, filter == AuditFilter() {
            let told = try await Failure.naming { () async throws(ClientError) in try await client.audit() }
            let last = told.logs.first { $0.name == choice.log }?.last ?? 0
            wanted.first = last > UInt64(newest) ? last - UInt64(newest) + 1 : 1
        }
        var cursor: String?
        repeat {
            let (question, place) = (wanted, cursor)
            let page = try await Failure.naming { () async throws(ClientError) in
                try await client.auditRows(choice.log, question, cursor: place)
            }
            for answer in page.elements { try body(try AuditSource.row(answer, client.node)) }
            cursor = page.cursor
        } while cursor != nil
    }

    /// As the node gave it.
    private static func row(_ answer: AuditRowAnswer, _ node: String) throws -> AuditRow {
        guard let verdict = AuditRecord.Verdict(rawValue: answer.verdict) else {
            throw Failure(.malformed(node: node, reason: "row \(answer.row) has a verdict nobody gives"))
        }
        let record = AuditRecord(
            answer.act, verdict, code: answer.code, who: answer.who, organization: answer.organization,
            chain: answer.chain, object: answer.object, height: answer.height, count: answer.count,
            detail: answer.detail)
        return AuditRow(given: answer.row, at: answer.time, record, previous: answer.previous, digest: answer.digest)
    }
}
