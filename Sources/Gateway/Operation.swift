// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HummingbirdCore
import NIOCore

/// One thing the interface offers: where it is found, what it takes, every way it may answer, and what it
/// does.
///
/// The table of these is the router, the source of 405's `Allow`, and the OpenAPI document: they cannot
/// disagree.
/// - Spec: API-1, API-4.
struct Operation: Sendable {
    /// A segment of a path.
    enum Segment: Hashable, Sendable {
        case literal(String)
        case parameter(String)
    }

    /// Something the caller may say in the path, the query or a header.
    struct Parameter: Hashable, Sendable {
        enum Place: String, Sendable { case path, query, header }
        let name: String
        let place: Place
        let type: String
        let description: String
    }

    /// What the caller sends.
    struct Intake: Hashable, Sendable {
        let contentType: String
        let bytesMax: Int
        /// The schema's name in the OpenAPI document; nil for bytes.
        let schema: String?
    }

    /// One way it answers when all is well; the problems are declared by status.
    struct Answer: Hashable, Sendable {
        let status: Int
        let contentType: String
        let description: String
    }

    let id: String
    let method: HTTPRequest.Method
    let path: [Segment]
    let summary: String
    let parameters: [Parameter]
    let intake: Intake?
    let answers: [Answer]
    /// Statuses of the problem documents it may answer with.
    let problems: [Int]
    let perform: @Sendable (Call) async throws -> Response

    init(
        _ id: String, _ method: HTTPRequest.Method, _ path: String, summary: String,
        parameters: [Parameter] = [],
        intake: Intake? = nil, answers: [Answer], problems: [Int] = [],
        perform: @escaping @Sendable (Call) async throws -> Response
    ) {
        self.id = id
        self.method = method
        self.path = path.split(separator: "/").map { segment in
            segment.first == "{"
                ? .parameter(String(segment.dropFirst().dropLast())) : .literal(String(segment))
        }
        self.summary = summary
        self.parameters = parameters
        self.intake = intake
        self.answers = answers
        self.problems = problems
        self.perform = perform
    }

    /// The path as OpenAPI writes it.
    var pathText: String {
        "/"
            + path.map { segment in
                switch segment {
                case .literal(let text): text
                case .parameter(let name): "{\(name)}"
                }
            }.joined(separator: "/")
    }

    /// What the parameters of the path stand for in `segments`; nil where they do not fit.
    func match(_ segments: [Substring]) -> [String: Substring]? {
        guard segments.count == path.count else { return nil }
        var values: [String: Substring] = [:]
        for (expected, found) in zip(path, segments) {
            switch expected {
            case .literal(let text): if text != found { return nil }
            case .parameter(let name): values[name] = found
            }
        }
        return values
    }
}
