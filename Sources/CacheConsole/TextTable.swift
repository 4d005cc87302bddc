/// A table whose columns are as wide as their widest cell.
package struct TextTable {
    /// A column's title and where its cells stand.
    package struct Column: Sendable {
        let title: String
        let isNumber: Bool

        /// Cells stand at the left.
        package static func text(_ title: String) -> Column {
            Column(title: title, isNumber: false)
        }

        /// Cells stand at the right.
        package static func number(_ title: String) -> Column {
            Column(title: title, isNumber: true)
        }
    }

    private let columns: [Column]
    private let hasHeader: Bool
    private var rows: [[String]] = []

    /// - Parameter hasHeader: whether the titles are its first line.
    package init(_ columns: [Column], hasHeader: Bool = true) {
        self.columns = columns
        self.hasHeader = hasHeader
    }

    /// Appends a row with a cell for each column.
    package mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row has a cell for each column")
        rows.append(cells)
    }

    /// The lines, without line ends and without blanks at theirs.
    package var lines: [String] {
        let all = (hasHeader ? [columns.map(\.title)] : []) + rows
        let widths = columns.indices.map { column in
            all.map { $0[column].count }.max() ?? 0
        }
        return all.map { cells in
            var line = ""
            for (index, cell) in cells.enumerated() {
                let padding = String(repeating: " ", count: widths[index] - cell.count)
                line += index == 0 ? "" : "  "
                line += columns[index].isNumber ? padding + cell : cell + padding
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
