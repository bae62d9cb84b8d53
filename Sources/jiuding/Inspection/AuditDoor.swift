// SPDX-License-Identifier: Apache-2.0
import Administration
import Dispatch
import Gateway
import Ledger
import ShangMi

/// This node's logs as the gateway gives them out; files are read on a thread that may wait for the disk, one page
/// after the other.
/// - Spec: AUD-13, API-60.
struct AuditDoor: AuditAccess {
    let audit: NodeAudit
    let node: String
    let chain: Ledger.Label
    private let queue = DispatchQueue(label: "audit.door", qos: .utility)

    init?(_ audit: NodeAudit, node: String, chain: String) {
        guard let chain = Label(chain) else { return nil }
        (self.audit, self.node, self.chain) = (audit, node, chain)
    }

    private var desks: [(name: String, desk: AuditDesk)] {
        [(AuditFolder.acts, audit.acts), (AuditFolder.reads, audit.reads)]
    }

    func standing() async -> AuditStanding {
        let logs = desks.map { name, desk in
            let tip = desk.standing.tip
            let first = AuditFolder(audit.folder, name).segments.first?.first ?? 1
            return AuditStanding.Log(name: name, first: first, last: tip.number, digest: tip.digest.hex)
        }
        return AuditStanding(node: node, logs: logs, anchor: audit.anchor)
    }

    func page(_ question: AuditQuestion) async throws(AccessError) -> AuditPage {
        guard let desk = desks.first(where: { $0.name == question.log })?.desk else {
            throw AccessError(.notFound, detail: "there are the logs acts and reads")
        }
        var place: AuditPager.Place?
        if let cursor = question.cursor {
            guard let found = AuditPager.Place(text: cursor) else {
                throw AccessError(.malformedRequest, detail: "cursor is none that a page ended with")
            }
            place = found
        }
        let (from, tip) = (place, desk.standing.tip.number)
        let (pager, filter) = (AuditPager(AuditFolder(audit.folder, question.log)), AuditFilter(question))
        let result = await withCheckedContinuation {
            (told: CheckedContinuation<Result<AuditPager.Page?, AuditFailure>, Never>) in
            queue.async {
                told.resume(
                    returning: Result { () throws(AuditFailure) in
                        try pager.page(
                            filter, limit: question.limit, after: from, tip: tip == 0 ? AuditRow.numberMax : tip)
                    })
            }
        }
        do {
            guard let page = try result.get() else {
                throw AccessError(.notFound, detail: "the rows of this cursor are no longer here; begin anew")
            }
            return AuditPage(
                lines: page.rows.map(\.line), first: page.rows.first?.number ?? 0, last: page.rows.last?.number ?? 0,
                strange: page.strange, cursor: page.next?.text)
        } catch let error as AccessError { throw error } catch {
            throw AccessError(.gatewayInternal, detail: "the log cannot be read")
        }
    }

    func record(_ note: AccessNote) async throws(AccessError) {
        let record = AuditRecord(
            "audit.read", .allowed, who: note.who, organization: note.organization, chain: note.chain,
            object: note.object, height: note.height, detail: note.detail)
        do { try await audit.acts.write([record]) } catch {
            throw AccessError(.auditUnwritable, detail: "that somebody read it cannot be written down")
        }
    }
}

extension AuditFilter {
    fileprivate init(_ question: AuditQuestion) {
        self.init()
        (first, from, to, act) = (question.first, question.from, question.to, question.act)
        (who, chain, isDenied) = (question.who, question.chain, question.isDenied)
    }
}
