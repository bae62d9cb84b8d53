// SPDX-License-Identifier: Apache-2.0

/// A contract: one table that says what it offers. From it come both what runs and what describes it.
///
/// ```swift
/// struct Hello: Contract {
///     static let greeting = Cell<Text>("greeting")
///
///     static func declare(_ contract: inout Declaration) throws(Failure) {
///         contract.title("hello", version: 1, zh: "问候", en: "Greeting")
///         contract.state(greeting, zh: "问候语", en: "Greeting")
///         try contract.method(
///             "greet", .change, zh: "设置问候语", en: "Sets the greeting",
///             takes: Field<Text>("greeting", zh: "问候语", en: "Greeting"), do: greet)
///     }
///
///     static func greet(_ text: Text) throws(Failure) { try greeting.set(text) }
/// }
/// ```
/// - Spec: KIT-9, KIT-10.
public protocol Contract {
    static func declare(_ contract: inout Declaration) throws(Failure)
}

extension Contract {
    /// Runs one entry of the module: finds what is called in the table and runs it.
    /// - Throws: what the method throws; `unknownMethod`, `malformed` where the call fits nothing in the table.
    public static func run(_ entry: Entry) throws(Failure) {
        var table = Declaration(entry)
        try declare(&table)
        try table.finish()
    }

    #if arch(wasm32)
    /// What an export of the module does.
    public static func serve(_ entry: Entry) {
        do throws(Failure) {
            try run(entry)
        } catch {
            Host.fail(error)
        }
    }
    #endif
}
