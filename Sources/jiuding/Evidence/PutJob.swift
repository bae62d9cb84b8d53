// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Foundation
import KeyCustody
import Ledger
import ShangMi

/// Carries out a plan: hashes files a few at a time, deposits what has no valid receipt in batches, and keeps a
/// receipt only once it is proven.
///
/// Safe to stop and to repeat at any point: a file counts as done when its receipt lies on disk, and a deposit made
/// twice gives the number of the first.
struct PutJob {
    /// Deposits of one request. 512 make some 200 KB and one block takes them all.
    static let batchMax = 512
    /// Requests in flight: one being signed, one being ordered, one being answered.
    static let requestsMax = 3
    /// Hashed files that may wait for a request before hashing pauses.
    static let waitingMax = 4 * batchMax
    /// Attempts to fetch a receipt the node did not give at once, half a second apart.
    static let fetchesMax = 60

    let client: NodeClient
    let chain: String
    let wallet: Wallet
    let anchor: TrustAnchor
    let wording: Wording
    let bar: ProgressBar

    /// What the records say beside the digest.
    struct Wording: Sendable {
        let title: String?
        let businessType: Label
    }

    /// A file on its way to the chain.
    private struct Hashed: Sendable {
        let item: PutPlan.Item
        let file: FileDigest
    }

    private enum Step: Sendable {
        case hashed(PutPlan.Item, Result<FileDigest, FileDigest.Flaw>)
        case answered([(Hashed, Result<EvidenceReceipt, Failure>)])
    }

    /// - Returns: the report with a line for every item of the plan.
    func run(_ plan: PutPlan) async throws(Failure) -> PutReport {
        var progress = Progress(report: PutReport(), light: try TrustChoice.client(anchor))
        progress.report.add(plan.omissions)
        let workers = max(1, min(8, ProcessInfo.processInfo.activeProcessorCount))
        await withTaskGroup(of: Step.self) { group in
            var next = plan.items.startIndex
            var hashing = 0
            var inFlight = 0
            while true {
                while hashing < workers, next < plan.items.endIndex, progress.waiting.count < PutJob.waitingMax,
                    progress.stopped == nil
                {
                    let item = plan.items[next]
                    next += 1
                    hashing += 1
                    group.addTask { await hash(item) }
                }
                let exhausted = next == plan.items.endIndex && hashing == 0
                while inFlight < PutJob.requestsMax, progress.stopped == nil,
                    let batch = progress.takeBatch(idle: inFlight == 0, exhausted: exhausted)
                {
                    inFlight += 1
                    group.addTask { .answered(await deposit(batch)) }
                }
                guard let step = await group.next() else { break }
                switch step {
                case .hashed(let item, let result):
                    hashing -= 1
                    take(item, result, into: &progress)
                case .answered(let answers):
                    inFlight -= 1
                    for (hashed, result) in answers { keep(hashed, result, into: &progress) }
                }
            }
            abandon(plan.items[next...].map { $0 } + progress.waiting.map(\.item), &progress)
        }
        return progress.report
    }

    /// What has come of the plan so far.
    private struct Progress {
        var report: PutReport
        var light: LightClient<SM2.Verifier>
        var waiting: [Hashed] = []
        /// The reason nothing more is sent: the node is gone, or it takes nothing from this key.
        var stopped: Failure?

        /// A full batch at once; a part of one only while the line is idle, so that batches fill by themselves under
        /// load and nothing waits without need.
        mutating func takeBatch(idle: Bool, exhausted: Bool) -> [Hashed]? {
            guard waiting.count >= PutJob.batchMax || (!waiting.isEmpty && (idle || exhausted)) else { return nil }
            let batch = Array(waiting.prefix(PutJob.batchMax))
            waiting.removeFirst(batch.count)
            return batch
        }
    }

    // MARK: Hashing

    private func hash(_ item: PutPlan.Item) async -> Step {
        do throws(FileDigest.Flaw) {
            return .hashed(item, .success(try await FileDigest.of(item.path) { bar.advance(by: Double($0)) }))
        } catch { return .hashed(item, .failure(error)) }
    }

    private func take(
        _ item: PutPlan.Item, _ result: Result<FileDigest, FileDigest.Flaw>, into progress: inout Progress
    ) {
        switch result {
        case .failure(let flaw):
            progress.report.add(item.path, receipt: nil, .failed(Failure(.no, "JD-4008", flaw.sentence, fix: "")))
        case .success(let file):
            do throws(Failure) {
                if let statement = try existing(item, file, &progress.light) {
                    progress.report.add(item.path, receipt: item.receiptPath, .alreadyHad(statement))
                } else {
                    progress.waiting.append(Hashed(item: item, file: file))
                }
            } catch {
                progress.report.add(item.path, receipt: item.receiptPath, .failed(error))
            }
        }
    }

    /// The statement of a valid receipt that is there already, nil where there is none.
    ///
    /// A receipt that is there and is not valid for this file may be valid for what the file was: it is set aside under
    /// a name of its own, never overwritten.
    private func existing(
        _ item: PutPlan.Item, _ file: FileDigest, _ light: inout LightClient<SM2.Verifier>
    ) throws(Failure) -> EvidenceStatement? {
        guard FileManager.default.fileExists(atPath: item.receiptPath) else { return nil }
        if let receipt = try? ReceiptFile.read(item.receiptPath),
            let statement = try? light.verify(receipt, fileDigest: file.digest, fileSize: file.size)
        {
            return statement
        }
        try ReceiptFile.setAside(item.receiptPath)
        return nil
    }

    // MARK: Depositing

    private func deposit(_ batch: [Hashed]) async -> [(Hashed, Result<EvidenceReceipt, Failure>)] {
        do throws(Failure) {
            let tip = try await Failure.naming { () async throws(ClientError) in try await client.chain(chain) }.height
            let signed = try sign(batch, tip: tip)
            let answers = try await Failure.naming { () async throws(ClientError) in
                try await client.submit(signed, to: chain, wait: .attested)
            }
            var results: [(Hashed, Result<EvidenceReceipt, Failure>)] = []
            for (index, answer) in answers.enumerated() {
                results.append((batch[index], await receipt(answer, of: signed[index])))
            }
            return results
        } catch { return batch.map { ($0, .failure(error)) } }
    }

    private func sign(_ batch: [Hashed], tip: Height) throws(Failure) -> [SignedTransaction] {
        var signed: [SignedTransaction] = []
        signed.reserveCapacity(batch.count)
        for hashed in batch {
            let deposit = Deposit(
                businessType: wording.businessType, title: Title.label(wording.title ?? hashed.item.name),
                digest: hashed.file.digest, size: hashed.file.size,
                mediaType: Title.label(MediaType.named(hashed.item.name)), capture: .upload)
            do { signed.append(try wallet.deposit(deposit, tip: tip)) } catch { throw Failure(error) }
        }
        return signed
    }

    /// The receipt a submission came to, fetched where the node's patience ended before the proof stood.
    private func receipt(
        _ answer: SubmissionAnswer, of signed: SignedTransaction
    ) async -> Result<EvidenceReceipt, Failure> {
        switch answer {
        case .attested(let receipt): return .success(receipt)
        case .refused(_, let problem): return .failure(Failure(problem))
        case .admitted(let id), .known(let id), .final(let id, _, _):
            for _ in 0..<PutJob.fetchesMax {
                do throws(ClientError) {
                    if let receipt = try await client.receipt(chain, id, of: signed) { return .success(receipt) }
                } catch {
                    // Not found means not final yet: the node knows it only as waiting.
                    guard case .refused(let problem) = error, problem.status == 404 else {
                        return .failure(Failure(error))
                    }
                }
                try? await Task.sleep(for: .milliseconds(500))
            }
            return .failure(
                Failure(
                    .no, "JD-4012",
                    phrase("transaction \(id.hex) was taken but not proven in time", zh: "交易 \(id.hex) 已被接收但未及时取得证明"),
                    fix: phrase("run the same command again", zh: "请重新运行同一命令")))
        }
    }

    /// Keeps a receipt once it is proven for this very file.
    private func keep(_ hashed: Hashed, _ result: Result<EvidenceReceipt, Failure>, into progress: inout Progress) {
        let item = hashed.item
        do throws(Failure) {
            let receipt = try result.get()
            let statement: EvidenceStatement
            do {
                statement = try progress.light.verify(
                    receipt, fileDigest: hashed.file.digest, fileSize: hashed.file.size)
            } catch { throw Failure(error, anchor: anchor) }
            try ReceiptFile.write(receipt.encoded, to: item.receiptPath)
            progress.report.add(item.path, receipt: item.receiptPath, .deposited(statement))
        } catch {
            if error.exit == .unreachable || error.exit == .notPermitted { progress.stopped = error }
            progress.report.add(item.path, receipt: nil, .failed(error))
        }
    }

    /// What was not tried because there was no use in it.
    private func abandon(_ items: [PutPlan.Item], _ progress: inout Progress) {
        guard let reason = progress.stopped else { return }
        for item in items { progress.report.add(item.path, receipt: nil, .failed(reason)) }
    }
}
