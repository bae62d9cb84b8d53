// SPDX-License-Identifier: Apache-2.0

/// A form as a file says it, after its syntax is gone: what a YAML or JSON reader gives, in the file's order.
///
/// Scalars stay texts: whether "12" is a number is for the place it stands in to say.
package indirect enum FormTree: Sendable {
    case scalar(String)
    case list([FormTree])
    case map([(key: String, value: FormTree)])
}

/// Why a form does not compile: where in the file, and what is wrong there. Final: the same file fails the same way.
package struct FormFlaw: Error, Hashable, Sendable, CustomStringConvertible {
    /// E.g. `fields[2].type`.
    package let path: String
    package let reason: String

    package var description: String { "\(path.isEmpty ? "form" : path): \(reason)" }
}
