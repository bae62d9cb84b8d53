// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Bedrock
import ClientKit
import Execution
import Ledger

/// A method of a contract and what it is given.
struct MethodOptions: ParsableArguments {
    @Argument(help: ArgumentHelp(phrase("The contract's name.", zh: "合约名。"), valueName: "contract"))
    var contract: String

    @Argument(help: ArgumentHelp(phrase("The method.", zh: "方法名。"), valueName: "method"))
    var method: String

    @Argument(
        help: ArgumentHelp(
            phrase(
                "Arguments by name; lists and records as JSON, bytes and digests in hexadecimal.",
                zh: "按名称给出参数；列表与记录用 JSON，字节与摘要用十六进制。"), valueName: "argument=value"))
    var words: [String] = []

    @OptionGroup var bare: BareArgumentOptions

    /// The contract as the chain has it, and the argument's bytes.
    func prepared(_ client: NodeClient, _ chain: String) async throws(Failure) -> PreparedCall {
        let (name, method) = (try Words.label(contract, "contract"), try Words.label(method, "method"))
        let found = try await Failure.naming { () async throws(ClientError) in try await client.contract(chain, name) }
        let description = found.code?.description.flatMap { ContractDescription($0) }
        let known = description?.methods.first { $0.name == method.text }
        let argument = try MethodArguments.encoded(
            words, hex: bare.argumentHex, for: known?.arguments, what: "\(name.text).\(method.text)")
        return PreparedCall(
            contract: name, method: method, argument: argument, description: description, known: known)
    }
}

/// What a call takes, whichever way it is said.
struct BareArgumentOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            phrase("The argument's bytes themselves, for contracts that describe nothing.", zh: "直接给出参数字节，用于没有自述的合约。"),
            valueName: "hex"))
    var argumentHex: String?

    @Option(
        help: ArgumentHelp(
            phrase("What the contract may use; only what it used is charged.", zh: "合约可用的燃料；仅按实际用量计。"), valueName: "gas"
        ))
    var gas: UInt64 = 1_000_000

    func validate() throws {
        guard gas <= ContractLimits.purseMax else {
            throw ValidationError(
                phrase("--gas is at most \(ContractLimits.purseMax)", zh: "--gas 至多 \(ContractLimits.purseMax)"))
        }
    }
}

/// A call that was made sense of.
struct PreparedCall {
    let contract: Ledger.Label
    let method: Ledger.Label
    let argument: [UInt8]
    let description: ContractDescription?
    let known: ContractDescription.Method?

    func outcome(_ outcome: Outcome, at height: Height, _ transaction: TransactionID? = nil) -> ContractOutcome {
        ContractOutcome(
            contract: contract, outcome: outcome, description: description, method: known, height: height,
            transaction: transaction)
    }
}

/// Calls a method in a transaction.
struct ContractCall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: phrase("Call a method of a contract, in a transaction.", zh: "以交易调用合约方法。"),
        discussion: phrase(
            "Example: jiuding contract call my-desk greet greeting=hello",
            zh: "示例：jiuding contract call my-desk greet greeting=你好"))

    @OptionGroup var what: MethodOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let pen = try await signing.pen()
        let call = try await what.prepared(pen.client, pen.chain)
        let arguments = PursedArguments(purse: what.bare.gas, argument: call.argument).encoded
        let receipt = try await pen.execute(call.contract, call.method, arguments)
        await pen.client.close()
        try call.outcome(receipt.outcome, at: receipt.height, receipt.transaction).tell(on: signing.output.terminal)
    }
}

/// Tries a method, without a transaction.
struct ContractAsk: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask",
        abstract: phrase("Ask a contract: as a call, but nothing is kept.", zh: "查询合约：与调用相同，但不留下任何改动。"),
        discussion: phrase(
            "Example: jiuding contract ask my-desk read", zh: "示例：jiuding contract ask my-desk greeting"))

    @OptionGroup var what: MethodOptions
    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let (client, chain, gas) = (try node.client(), node.chain, what.bare.gas)
        let call = try await what.prepared(client, chain)
        let reply = try await Failure.naming { () async throws(ClientError) in
            try await client.ask(chain, call.contract, call.method, call.argument, gas: gas)
        }
        await client.close()
        try call.outcome(reply.outcome, at: reply.height).tell(on: output.terminal)
    }
}

/// Makes a contract of a template.
struct ContractInstantiate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "instantiate",
        abstract: phrase("Make a contract of a template, where its policy lets you.", zh: "按模板创建合约（须模板策略允许）。"),
        discussion: phrase(
            "The contract's start takes its arguments by name, as `contract call` does; the template's code says "
                + "which.\n\nExample: jiuding contract instantiate accounts accounts-tax operator=市税务局",
            zh: "初始化参数按名称给出，与 contract call 相同，由模板代码的自述规定。\n\n"
                + "示例：jiuding contract instantiate accounts accounts-tax operator=市税务局"))

    @Argument(help: ArgumentHelp(phrase("The template.", zh: "模板名。"), valueName: "template"))
    var template: String

    @Argument(help: ArgumentHelp(phrase("What the contract is to be called.", zh: "新合约的名称。"), valueName: "name"))
    var name: String

    @Argument(
        help: ArgumentHelp(
            phrase("Arguments of its start by name.", zh: "按名称给出初始化参数。"), valueName: "argument=value"))
    var words: [String] = []

    @OptionGroup var bare: BareArgumentOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let (template, name) = (try Words.label(template, "template"), try Words.label(name, "name"))
        let pen = try await signing.pen()
        let items = await StartArguments.items(of: template, pen.client, pen.chain)
        let request = Instantiation(
            template: template, name: name,
            argument: try StartArguments.encoded(words, hex: bare.argumentHex, for: items, what: template.text))
        let arguments = PursedArguments(purse: bare.gas, argument: request.encoded).encoded
        let receipt = try await pen.execute(ContractsContract.contract, ContractsContract.instantiate, arguments)
        await pen.client.close()
        let call = PreparedCall(
            contract: request.name, method: ContractsContract.instantiate, argument: [], description: nil, known: nil)
        try call.outcome(receipt.outcome, at: receipt.height, receipt.transaction).tell(on: signing.output.terminal)
    }
}
