// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Execution
import Ledger
import ShangMi

/// Brings a module to the chain, part by part, and publishes it where it is not there yet.
///
/// Parts that are there already are not sent again, so it may be stopped and repeated.
/// - Spec: CTR-1, CTR-2.
struct ModuleUpload {
    let pen: ConsortiumPen

    /// What became of it.
    struct Done {
        let code: CodeAnswer
        let partsSent: Int
        /// It was published before.
        let wasKnown: Bool
    }

    /// - Parameter advance: told the bytes of each part that is there.
    func publish(_ module: [UInt8], advance: (Int) -> Void = { _ in }) async throws(Failure) -> Done {
        let digest = SM3.hash(module)
        if let known = try await record(of: digest) { return Done(code: known, partsSent: 0, wasKnown: true) }
        let sent = try await send(module, advance)
        guard let found = try await record(of: digest) else { throw Failure(ResultCode.codeUnknown) }
        return Done(code: found, partsSent: sent, wasKnown: false)
    }

    /// As `publish`, with a bar where a person watches.
    func publish(_ module: [UInt8], on terminal: Terminal) async throws(Failure) -> Done {
        let bar = ProgressBar(terminal, label: phrase("uploading", zh: "上传"), unit: .bytes, total: Double(module.count))
        defer { bar.finish() }
        return try await publish(module) { bar.advance(by: Double($0)) }
    }

    /// Nil where no such module is published.
    func record(of digest: Digest) async throws(Failure) -> CodeAnswer? {
        do throws(ClientError) {
            return try await pen.client.code(pen.chain, digest)
        } catch {
            guard case .refused(let problem) = error, problem.status == 404 else { throw Failure(error) }
            return nil
        }
    }

    /// - Returns: how many parts were sent.
    private func send(_ module: [UInt8], _ advance: (Int) -> Void) async throws(Failure) -> Int {
        let there = await standing(SM3.hash(module))
        var sent = 0
        for part in UploadPart.parts(of: module) {
            if there?.has(part.part) != true {
                let arguments = PursedArguments(purse: 0, argument: part.encoded)
                _ = try await pen.call(ContractsContract.contract, ContractsContract.upload, arguments.encoded)
                sent += 1
            }
            advance(part.bytes.count)
        }
        let arguments = PursedArguments(purse: ContractLimits.purseMax, argument: SM3.hash(module).encoded)
        _ = try await pen.call(ContractsContract.contract, ContractsContract.publish, arguments.encoded)
        return sent
    }

    /// What was uploaded of it already; nil where nothing was, or the node does not say.
    private func standing(_ digest: Digest) async -> UploadRecord? {
        let (client, chain, account) = (pen.client, pen.chain, pen.account)
        // A delegated key uploads for its member.
        let member = try? await client.member(chain, account)
        let place = ContractsContract.uploadPlace(member?.account ?? account, digest)
        let value = try? await client.state(chain, contract: ContractsContract.contract, key: place).value
        return value.flatMap { try? UploadRecord(decoding: $0) }
    }
}
