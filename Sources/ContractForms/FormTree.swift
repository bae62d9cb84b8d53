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
    /// E.g. `fields[2].type`; empty for the whole file.
    package let path: String
    package let fault: FormFault

    package init(path: String, fault: FormFault) {
        self.path = path
        self.fault = fault
    }

    package var description: String { "\(path.isEmpty ? "form" : path): \(fault.english)" }
}

/// All that is wrong with a form: of each field, state, transition and section the first thing, in the file's order of
/// sections.
package struct FormFlaws: Error, Hashable, Sendable {
    /// Never empty.
    package let list: [FormFlaw]
}
