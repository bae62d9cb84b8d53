// SPDX-License-Identifier: Apache-2.0
public import ContractKit

/// The smallest contract worth reading: one value in state, one method that changes it, one that reads it.
public struct Hello: Contract {
    static let greeting = Cell<Text>("greeting")
    static let greeted = Event<Text>("greeted")
    static let empty = Failure(1)

    public static func declare(_ contract: inout Declaration) throws(Failure) {
        contract.title("hello", version: 1, zh: "问候", en: "Greeting")
        contract.state(greeting, zh: "当前的问候语", en: "The greeting now")
        contract.event(greeted, zh: "问候语已更改", en: "The greeting was changed")
        contract.failure(empty, "empty", zh: "问候语不能为空", en: "A greeting cannot be empty")
        try contract.method(
            "greet", .change, zh: "更改问候语", en: "Changes the greeting",
            takes: Field<Text>("greeting", zh: "问候语", en: "Greeting"), do: greet)
        try contract.method("read", .view, zh: "读取问候语", en: "Reads the greeting", do: read)
    }

    static func greet(_ text: Text) throws(Failure) {
        if text.isEmpty { throw empty }
        try greeting.set(text)
        try greeted.emit(text)
    }

    static func read() throws(Failure) -> Text { try greeting.get() ?? "" }
}
