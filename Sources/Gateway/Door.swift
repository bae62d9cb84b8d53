// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Ledger
import Logging
import NIOCore

/// Takes each request to its operation and every outcome back as an answer: nothing leaves as a bare status.
struct Door: HTTPResponder {
    typealias Context = DoorContext

    let configuration: GatewayConfiguration
    let node: any NodeAccess
    let occupancy: Occupancy
    let keys: IdempotencyKeys
    let signatures: RequestSignatures
    let limits: RateLimits
    let allowance = CheckAllowance()
    let madeTokens = MadeTokens()

    init(configuration: GatewayConfiguration, node: any NodeAccess) {
        self.configuration = configuration
        self.node = node
        occupancy = Occupancy(configuration.bounds)
        keys = IdempotencyKeys()
        signatures = RequestSignatures(began: configuration.clock())
        limits = RateLimits(configuration.limits)
    }

    /// The first that fits is taken, so `blocks/stream` stands before `blocks/{height}`.
    static let operations: [Operation] =
        StreamOperations.all + NodeOperations.all + ChainOperations.all + TransactionOperations.all
        + StateOperations.all + EvidenceOperations.all + ConsortiumOperations.all + TokenOperations.all
        + AuditOperations.all

    /// Finds a chain by name, or by its identifier in hexadecimal.
    func chain(named name: String) async throws(Problem) -> any ChainAccess {
        for chain in await node.chains where chain.name.text == name || chain.id.hex == name { return chain }
        throw Problem(.unknownChain, "no chain \(Problem.quoted(name)) here")
    }

    // MARK: Answering

    func respond(to request: Request, context: Context) async throws -> Response {
        let (path, query) = Door.split(request.head.path ?? "/")
        var operation = "none"
        var response: Response
        do throws(Problem) {
            var call = try match(request, path: path, query: query)
            let forwarded = request.headers[values: .forwardedFor]
            call.address = CheckAllowance.name(of: configuration.proxies.origin(context.address, forwarded))
            operation = call.operation.id
            response = try await perform(call)
        } catch {
            response = error.response(instance: String(path))
        }
        if request.method == .head { response = response.createHeadResponse() }
        response.headers[.jiudingVersion] = configuration.version
        occupancy.note(operation: operation, status: response.status.code)
        return response
    }

    /// Takes a place among the requests under way, does what is asked, and gives the place back.
    private func perform(_ call: Call) async throws(Problem) -> Response {
        guard occupancy.take(.requests) else {
            throw Problem(.tooManyRequests, "the gateway is answering as many requests as it can")
        }
        defer { occupancy.give(.requests) }
        try call.checkContentType()
        let room = try call.reserveBody()
        defer { occupancy.give(.bodyBytes, room) }
        let call = try await admit(call)
        do {
            return try await call.operation.perform(call)
        } catch let problem as Problem {
            // Some operations learn only at work what is asked about: their denials are denials all the same (API-46).
            if problem.status == 401 || problem.status == 403 {
                call.tell(problem, kind: .request, organization: await call.organization())
            }
            throw problem
        } catch let error as AccessError {
            throw Problem(error.code, error.detail)
        } catch {
            // The caller learns that it was us; the operator learns what.
            configuration.report(call.operation.id, error)
            throw Problem(.gatewayInternal, "\(call.operation.id) did not finish")
        }
    }

    /// The operation a request is for.
    private func match(_ request: Request, path: Substring, query: Substring) throws(Problem) -> Call {
        let segments = path.split(separator: "/", omittingEmptySubsequences: true)
        let method: HTTPRequest.Method = request.method == .head ? .get : request.method
        var allowed: [String] = []
        for operation in Door.operations {
            guard let values = operation.match(segments) else { continue }
            if operation.method == method {
                return Call(
                    door: self, request: request, operation: operation, path: values,
                    query: Door.parameters(query))
            }
            allowed.append(operation.method.rawValue)
            if operation.method == .get { allowed.append("HEAD") }
        }
        if allowed.isEmpty {
            throw Problem(.notFound, "no operation has the path \(Problem.quoted(String(path)))")
        }
        throw Problem(
            status: 405, code: .malformedRequest,
            detail: "this path takes \(allowed.joined(separator: ", "))",
            allow: allowed)
    }

    private static func split(_ target: String) -> (path: Substring, query: Substring) {
        let target = target.prefix { $0 != "#" }
        guard let mark = target.firstIndex(of: "?") else { return (target, "") }
        return (target[..<mark], target[target.index(after: mark)...])
    }

    private static func parameters(_ query: Substring) -> [(name: Substring, value: Substring)] {
        query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
    }
}

/// What a request brings along beside itself: where it came from.
struct DoorContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let address: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        address = source.channel.remoteAddress
    }
}

extension Problem {
    /// A caller's text as a sentence may quote it: not longer than a line, whatever was sent.
    static func quoted(_ text: String) -> String { "\"\(text.prefix(64))\"" }
}

extension HTTPField.Name {
    /// The version of the gateway that answered.
    static var jiudingVersion: Self { Self("Jiuding-Version")! }
    static var lastEventID: Self { Self("Last-Event-ID")! }
    static var jiudingDigest: Self { Self(SignedRequest.Field.digest)! }
    static var forwardedFor: Self { Self("X-Forwarded-For")! }
    static var idempotencyKey: Self { Self("Idempotency-Key")! }
}
