// SPDX-License-Identifier: Apache-2.0

#if !arch(wasm32)
/// What a contract says of itself: made by running its declaration natively, put into the module as `jd.description`.
/// - Spec: KIT-10 (schema), KIT-11 (canonical JSON).
public struct Description: Sendable {
    public struct Titles: Sendable {
        public var zh: StaticString = ""
        public var en: StaticString = ""
    }

    /// An argument or an event: a name, a type, titles.
    public struct Item: Sendable {
        public let name: StaticString
        public let shape: Shape
        public let titles: Titles
    }

    public struct Method: Sendable {
        public let name: StaticString
        public let kind: Declaration.Kind
        public let arguments: [Item]
        /// Nil: the method answers with no bytes.
        public let answer: Shape?
        public let titles: Titles
    }

    public struct FailureText: Sendable {
        public let code: UInt16
        public let name: StaticString
        public let titles: Titles
    }

    /// A field of the state (KIT-3).
    public struct Stored: Sendable {
        public let name: StaticString
        public let holds: StaticString
        public let key: Shape?
        public let value: Shape?
        public var titles = Titles()

        init(_ name: StaticString, _ holds: StaticString, key: Shape?, value: Shape?) {
            self.name = name
            self.holds = holds
            self.key = key
            self.value = value
        }
    }

    public internal(set) var name: StaticString = ""
    public internal(set) var version: UInt64 = 0
    public internal(set) var title = Titles()
    public internal(set) var start: [Item] = []
    public internal(set) var methods: [Method] = []
    public internal(set) var events: [Item] = []
    public internal(set) var failures: [FailureText] = []
    public internal(set) var state: [Stored] = []
    public internal(set) var migrates = false

    init() {}

    public init<Subject: Contract>(of contract: Subject.Type) throws(Failure) {
        var table = Declaration(.describe)
        try contract.declare(&table)
        self = table.description
    }
}
#endif
