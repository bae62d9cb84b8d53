// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import HTTPTypes
import HummingbirdCore
import Ledger
import NIOCore
import ShangMi

// Who may pass: identifies the caller, asks the chain, counts the organisation's requests, and tells the log.
extension Door {
    /// Lets a request in, or says why not.
    /// - Returns: the call with the caller it is for.
    /// - Spec: API-40, API-41, API-45, API-46.
    func admit(_ call: Call) async throws(Problem) -> Call {
        let need = Need(call.operation)
        guard need != .nothing else { return call }
        var call = call
        var organization = ""
        do throws(Problem) {
            call.caller = try await identify(call)
            switch need {
            case .read:
                let verdict = try await call.read(of: try await call.chainInQuestion(), call.contractInQuestion())
                organization = verdict?.organization?.text ?? ""
                try limits.take(organization, at: configuration.clock())
                call.tell(nil, kind: .read, verdict)
            case .audit:
                organization = try await call.auditVerdict().organization?.text ?? ""
                try limits.take(organization, at: configuration.clock())
            case .deposit:
                guard call.caller.proof != .none else {
                    throw Problem(
                        .unauthorised, "this operation needs an Authorization header with a bearer token")
                }
                guard call.caller.signer != nil else {
                    throw Problem(.scopeTooSmall, "the gateway has no key to sign with for this caller")
                }
                fallthrough
            case .bring, .tokens, .chains:
                organization = await call.organization()
                try limits.take(organization, at: configuration.clock())
                if need == .tokens, organization.isEmpty {
                    throw Problem(.unauthorised, "this operation is for members")
                }
            case .nothing: break
            }
        } catch {
            // A right that is missing is missing to somebody: a frozen member has an organisation as well.
            if organization.isEmpty { organization = await call.organization() }
            call.tell(error, kind: need == .read ? .read : .request, organization: organization)
            throw error
        }
        return call
    }

    /// Reads the credentials of a request.
    func identify(_ call: Call) async throws(Problem) -> Caller {
        let headers = call.request.headers
        if let given = headers[.authorization] {
            let scheme = "bearer "
            guard given.lowercased().hasPrefix(scheme) else {
                throw Problem(.unauthorised, "the Authorization header is of no scheme but Bearer")
            }
            return try identify(token: String(given.dropFirst(scheme.count)))
        }
        guard headers[HTTPField.Name(SignedRequest.Field.signature)!] != nil else { return .stranger }
        return try await identify(signed: call)
    }

    private func identify(token: String) throws(Problem) -> Caller {
        let digest = TokenBook.digest(of: token)
        if let signer = configuration.signers[digest] {
            return Caller(account: AccountID(signer.publicKey), proof: .configured, signer: signer)
        }
        let found: TokenRecord?
        do { found = try configuration.tokens?.find(digest) } catch {
            // What cannot be read says nothing of the token.
            configuration.report("tokens", error)
            throw Problem(
                status: 503, code: .gatewayInternal, detail: "the gateway cannot read its tokens now", retryAfter: 1)
        }
        guard let record = found else { throw Problem(.unauthorised, "this gateway does not know that token") }
        if let revoked = record.revoked {
            throw Problem(.tokenRevoked, "token \(record.id) was revoked at \(revoked.rfc3339)")
        }
        guard configuration.clock() < record.expires else {
            throw Problem(.tokenExpired, "token \(record.id) ended at \(record.expires.rfc3339)")
        }
        let signer = record.scope == .submit ? try? configuration.openKey(record.key) : nil
        return Caller(account: record.account, proof: .token(digest), signer: signer)
    }

    /// What costs least is asked first; a signature is looked at last, and only of a key that a member has.
    /// - Spec: API-42, API-43, API-47.
    private func identify(signed call: Call) async throws(Problem) -> Caller {
        let headers = call.request.headers
        func field(_ name: String) throws(Problem) -> String {
            guard let text = HTTPField.Name(name).flatMap({ headers[$0] }) else {
                throw Problem(.malformedRequest, "a signed request needs the header \(name)")
            }
            return text
        }
        guard let key = Hex.decode(try field(SignedRequest.Field.key)).flatMap({ SM2.PublicKey($0) }),
            let time = UInt64(try field(SignedRequest.Field.time)), time <= Timestamp.max,
            let nonce = Hex.decode(try field(SignedRequest.Field.nonce)),
            nonce.count == SignedRequest.nonceByteCount,
            let body = Digest(hex: try field(SignedRequest.Field.digest)),
            let signature = Hex.decode(try field(SignedRequest.Field.signature)).flatMap({
                try? SM2.Signature(decoding: $0)
            })
        else { throw Problem(.malformedRequest, "the headers of the signature make no sense") }
        let host = GatewayConfiguration.plain(call.request.head.authority ?? "")
        guard configuration.names?.contains(host) ?? true else {
            throw Problem(
                .requestSignature, "the request is signed for \(host), which is no name of this gateway (gateway.names)"
            )
        }
        let request = SignedRequest(
            method: call.request.method.rawValue, host: call.request.head.authority ?? "",
            target: call.request.head.path ?? "/", time: Timestamp(time), nonce: nonce, body: body)
        try signatures.check(request.time, now: configuration.clock())
        let account = AccountID(key)
        let home = try await prove(request, key, signature, from: call.address)
        try await signatures.awaitTime(request.time, of: account, in: home, configuration.clock)
        // Strangers' keys leave nothing behind: only a member's nonce is remembered.
        try signatures.spend(request, account, now: configuration.clock())
        return Caller(account: account, proof: .signature, signer: nil)
    }

    /// Whether a member's key signed this, within what its address and its organisation may try.
    /// - Returns: the member's organisation.
    private func prove(
        _ request: SignedRequest, _ key: SM2.PublicKey, _ signature: SM2.Signature, from address: String
    ) async throws(Problem) -> String {
        var isSound = false
        try allowance.enter(address, at: configuration.clock())
        defer { allowance.leave(address, isSound: isSound) }
        guard let home = await organization(of: AccountID(key)) else {
            throw Problem(.unauthorised, "no member stands behind that key")
        }
        try allowance.enter(address, home, at: configuration.clock())
        defer { allowance.leave(address, home, isSound: isSound) }
        try signatures.check(request, key, signature)
        isSound = true
        return home
    }

    /// The organisation of the member behind an account; nil where there is none.
    func organization(of account: AccountID) async -> String? {
        for chain in await node.chains {
            if let home = try? await chain.mayRead(Call.wholeChain, by: account).organization { return home.text }
        }
        return nil
    }
}

extension Call {
    /// Stands for the chain itself where no contract is named: no contract is called so.
    static let wholeChain = Label(literal: "")

    func chainInQuestion() async throws(Problem) -> any ChainAccess {
        path["chain"] == nil ? try await chainOfQuery() : try await chain()
    }

    func contractInQuestion() throws(Problem) -> Label {
        if path["contract"] != nil { return try Call.label(try path("contract"), "the contract's name") }
        if operation.path.first == .literal("v1"), operation.path.dropFirst().first == .literal("evidence") {
            return Deposit.contract
        }
        // Of other operations a query says nothing: a name there must not choose whose policy is asked.
        guard operation.id == StreamOperations.eventsID, let text = try query("contract") else {
            return Call.wholeChain
        }
        return try Call.label(text, "contract")
    }

    /// Whether the caller may read; throws where not.
    /// - Returns: what the chain said; nil for a stranger on a chain whose reads are public.
    func read(of chain: any ChainAccess, _ contract: Label) async throws(Problem) -> ReadVerdict? {
        guard let account = caller.account else {
            guard chain.readsArePublic else {
                throw Problem(.unauthorised, "reads of \(chain.name.text) need a token or a signed request")
            }
            return nil
        }
        let verdict: ReadVerdict
        do { verdict = try await chain.mayRead(contract, by: account) } catch {
            throw Problem(error.code, error.detail)
        }
        if verdict.code.isSuccess || chain.readsArePublic { return verdict }
        let what = contract.isEmpty ? chain.name.text : "\(contract.text) on \(chain.name.text)"
        throw Problem(
            status: 403, code: verdict.code.stable ?? .unauthorised,
            detail: "reading \(what) at height \(verdict.height.value): \(verdict.reason)")
    }

    /// Whom a contract is told that it is asked by: nobody, where reads are public and the caller is let in as anybody.
    func asker(of chain: any ChainAccess, _ contract: Label) async throws(Problem) -> AccountID? {
        try await read(of: chain, contract)?.code.isSuccess == true ? caller.account : nil
    }

    /// As `read`, for what is left out where the caller may not see it.
    /// - Parameter isTold: that it sees this chain is a read by itself.
    func maySee(_ contract: Label, on chain: any ChainAccess, isTold: Bool = false) async -> Bool {
        do throws(Problem) {
            let verdict = try await read(of: chain, contract)
            guard isTold else { return true }
            tell(
                nil, kind: .read, organization: verdict?.organization?.text ?? "", height: verdict?.height,
                chain: chain.name)
            return true
        } catch { return false }
    }

    /// Whether what let the call in still holds: a token that ends, a member that is frozen end their streams too.
    /// - Spec: API-44.
    func stillHolds(for chain: any ChainAccess, _ contract: Label) async -> Bool {
        do throws(Problem) {
            if case .signature = caller.proof {} else { _ = try await door.identify(self) }
            _ = try await read(of: chain, contract)
            return true
        } catch {
            // A chain that has stopped here is no reason to take somebody for another.
            guard error.status == 401 || error.status == 403 else { return true }
            tell(error, kind: .read, organization: "")
            return false
        }
    }

    func organization() async -> String {
        guard let account = caller.account else { return "" }
        return await door.organization(of: account) ?? ""
    }

    // MARK: The log

    func tell(_ problem: Problem?, kind: AccessNote.Kind, _ verdict: ReadVerdict?) {
        tell(problem, kind: kind, organization: verdict?.organization?.text ?? "", height: verdict?.height)
    }

    func tell(
        _ problem: Problem?, kind: AccessNote.Kind, organization: String, height: Height? = nil, object: String = "",
        chain named: Label? = nil
    ) {
        // What a stranger was refused with bad credentials may name anything: that must not fill the log with kinds.
        let isNamed = problem?.status != 401
        let contract = isNamed ? (try? contractInQuestion())?.text ?? "" : ""
        let about = object.isEmpty ? contract : object
        let asked = isNamed ? path["chain"].flatMap { PercentEncoding.decode($0) } ?? (try? query("chain")) ?? "" : ""
        let chain = named?.text ?? asked
        let isUnknown = caller.account == nil && problem != nil
        door.configuration.witness(
            AccessNote(
                kind: kind, who: caller.account?.hex ?? "", organization: organization,
                chain: chain.isEmpty && kind == .read ? door.configuration.defaultChain : chain,
                object: operation.id + (about.isEmpty ? "" : " \(about)"), height: height?.value, code: problem?.code,
                detail: problem?.detail ?? "", address: address, claim: isUnknown ? claim?.hex ?? "" : "",
                isStranger: organization.isEmpty, count: 1))
    }

    /// Whom a request is said to be of, by credentials that did not hold: nobody vouches for it.
    private var claim: AccountID? {
        if let text = HTTPField.Name(SignedRequest.Field.key).flatMap({ request.headers[$0] }) {
            return Hex.decode(text).flatMap { SM2.PublicKey($0) }.map { AccountID($0) }
        }
        guard let given = request.headers[.authorization], given.lowercased().hasPrefix("bearer ") else { return nil }
        // One that has ended is still known, with whom it was made for.
        return try? door.configuration.tokens?.find(TokenBook.digest(of: String(given.dropFirst(7))))?.account
    }

    /// One row for transactions that were refused alike at the door, of whoever signed them.
    func tell(refused count: UInt64, _ code: StableCode, of account: AccountID, detail: String) async {
        let chain = try? await self.chain()
        let verdict = try? await chain?.mayRead(Call.wholeChain, by: account)
        let home = verdict?.organization?.text ?? ""
        // Whoever signed holds the key; a signature that does not hold is only said to be somebody's.
        let isClaim = code == .badSignature
        door.configuration.witness(
            AccessNote(
                kind: .request, who: isClaim ? "" : account.hex, organization: isClaim ? "" : home,
                chain: chain?.name.text ?? "", object: operation.id, height: verdict?.height.value, code: code,
                detail: detail, address: address, claim: isClaim ? account.hex : "",
                isStranger: isClaim || home.isEmpty, count: count))
    }
}
