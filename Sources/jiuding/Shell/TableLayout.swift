// SPDX-License-Identifier: Apache-2.0

/// Rows under headings, columns as wide as their widest cell, two spaces between them.
struct TableLayout: Sendable {
    enum Alignment: Sendable { case left, right }

    struct Column: Sendable {
        let heading: String
        let alignment: Alignment

        init(_ heading: String, _ alignment: Alignment = .left) {
            self.heading = heading
            self.alignment = alignment
        }
    }

    let columns: [Column]
    private(set) var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row has one cell a column")
        rows.append(cells)
    }

    /// Lines without their ends; the first is the headings.
    var lines: [String] {
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
