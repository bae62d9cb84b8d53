// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Execution
import Ledger
import ShangMi

/// What a contract is started with, as people give it: by name, typed by its code's description.
enum StartArguments {
    /// - Parameters:
    ///   - words: `argument=value`; those left out must be optional or have a value of their own.
    ///   - hex: the bytes themselves, instead.
    ///   - items: what the start takes; nil where the code does not say.
    static func encoded(
        _ words: [String], hex: String?, for items: [ContractDescription.Item]?, what: String
    ) throws(Failure) -> [UInt8] {
        // Code that says nothing of itself may take nothing.
        if items == nil, hex == nil, words.isEmpty { return [] }
        return try MethodArguments.encoded(words, hex: hex, for: items, what: what)
    }

    /// What the start of a template's code takes; nil where the node or the code does not say.
    static func items(
        of template: Ledger.Label, _ client: NodeClient, _ chain: String
    ) async -> [ContractDescription.Item]? {
        // Within the contract's own part of the state, as a node is asked for it.
        let own = StateKey.of(ContractsContract.contract, []).count
        let key = Array(ContractsContract.templateKey(template).dropFirst(own))
        let answer = try? await client.state(chain, contract: ContractsContract.contract, key: key)
        guard let bytes = answer?.value, let record = try? TemplateRecord(decoding: bytes) else { return nil }
        return await items(of: record.code, client, chain)
    }

    static func items(
        of code: Digest, _ client: NodeClient, _ chain: String
    ) async -> [ContractDescription.Item]? {
        let found = try? await client.code(chain, code)
        return found?.description.flatMap { ContractDescription($0) }?.start
    }
}

/// Arguments of a method or a start.
enum MethodArguments {
    /// - Throws: JD-4036 with the argument that does not fit.
    static func encoded(
        _ words: [String], hex: String?, for items: [ContractDescription.Item]?, what: String
    ) throws(Failure) -> [UInt8] {
        if let hex {
            guard words.isEmpty, let bytes = Hex.decode(hex) else {
                throw refusal(
                    phrase("--argument-hex is hexadecimal and stands alone", zh: "--argument-hex 应为十六进制且单独使用"))
            }
            return bytes
        }
        guard let items else { throw refusal(phrase("\(what) is not described", zh: "\(what) 没有自述")) }
        do throws(ContractShape.Mismatch) {
            return try ContractDescription.encode(words, for: items)
        } catch {
            throw refusal("\(what): \(error.reason)")
        }
    }

    static func refusal(_ sentence: String) -> Failure {
        Failure(
            .usage, "JD-4036", sentence,
            fix: phrase(
                "`jiuding contract show` and `inspect` list the arguments; --argument-hex takes bytes as they are",
                zh: "jiuding contract show 和 inspect 列出各参数；--argument-hex 可直接给出字节"))
    }
}
