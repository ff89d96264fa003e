import JSON

/// Rows whose columns stand under each other; the last one is as long as it is.
struct Table {
    var header: [String] = []
    let rows: [[String]]
    /// A cell that is longer and not the last one of its row ends its line.
    var widthMax = 60
    /// Where the last cell is broken between words; nil leaves it as long as it is.
    var lineMax: Int?

    /// The lines, each ended.
    func text(indent: Int = 0) -> String {
        let lines = (header.isEmpty ? [] : [header]) + rows.map { $0.map(\.plain) }
        let columns = lines.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            lines.compactMap { line -> Int? in
                guard column < line.count, line[column].count <= widthMax else { return nil }
                return line[column].count
            }.max() ?? 0
        }
        let margin = String(repeating: " ", count: indent)
        return lines.map { line in
            margin + self.line(line, widths, margin).trimmed + "\n"
        }.joined()
    }

    private func line(_ cells: [String], _ widths: [Int], _ margin: String) -> String {
        var line = ""
        var start = margin.count
        for (column, cell) in cells.enumerated() {
            guard column + 1 < cells.count else {
                line += wrapped(cell, from: start)
                break
            }
            line += cell
            start += widths[column] + 2
            if cell.count > widths[column] {
                line += "\n" + String(repeating: " ", count: start)
            } else {
                line += String(repeating: " ", count: widths[column] - cell.count + 2)
            }
        }
        return line
    }

    private func wrapped(_ cell: String, from start: Int) -> String {
        guard let lineMax, start + cell.count > lineMax else { return cell }
        var text = ""
        var column = start
        for word in cell.split(separator: " ") {
            if column > start, column + 1 + word.count > lineMax {
                text += "\n" + String(repeating: " ", count: start)
                column = start
            }
            if column > start {
                text += " "
                column += 1
            }
            text += word
            column += word.count
        }
        return text
    }
}

extension String {
    /// The text without white space at its end.
    var trimmed: String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// The text on one line, without what could steer a terminal or turn its reading direction:
    /// names and notes come from outside.
    var plain: String {
        guard unicodeScalars.contains(where: \.isSteering) else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.map { $0.isSteering ? "·" : $0 }))
    }
}
