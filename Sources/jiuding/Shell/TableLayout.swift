// SPDX-License-Identifier: Apache-2.0

/// Rows under headings, columns as wide as their widest cell, two spaces between them.
package struct TableLayout: Sendable {
    package enum Alignment: Sendable { case left, right }

    package struct Column: Sendable {
        package let heading: String
        package let alignment: Alignment

        package init(_ heading: String, _ alignment: Alignment = .left) {
            self.heading = heading
            self.alignment = alignment
        }
    }

    package let columns: [Column]
    package private(set) var rows: [[String]] = []

    package init(_ columns: [Column]) { self.columns = columns }

    package mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row has one cell a column")
        rows.append(cells)
    }

    /// Lines without their ends; the first is the headings.
    package var lines: [String] {
        let widths = columns.indices.map { index in
            rows.map { TextWidth.columns($0[index]) }.reduce(TextWidth.columns(columns[index].heading), max)
        }
        return ([columns.map(\.heading)] + rows).map { cells in
            let padded = cells.indices.map { index in
                switch columns[index].alignment {
                case .right: TextWidth.paddedLeft(cells[index], to: widths[index])
                // The last column is not padded, so that no line ends in spaces.
                case .left where index == columns.count - 1: cells[index]
                case .left: TextWidth.padded(cells[index], to: widths[index])
                }
            }
            return padded.joined(separator: "  ")
        }
    }
}
