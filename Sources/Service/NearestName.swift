/// The known name that a mistyped one most probably stands for.
package func nearestName(to typed: String, among names: [String]) -> String? {
    let bound = max(1, min(3, typed.count / 3))
    let near = names.map { ($0, distance(typed, $0)) }.filter { $0.1 <= bound }
    if let nearest = near.min(by: { $0.1 < $1.1 }) { return nearest.0 }
    // What is cut short is no slip of the finger: it names what begins so, if one thing does.
    let begun = names.filter { typed.count > 2 && $0.hasPrefix(typed) }
    return begun.count == 1 ? begun.first : nil
}

/// Insertions, removals and replacements of one character that lead from one text to the other.
private func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (i, character) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for j in right.indices {
            let replaced = diagonal + (character == right[j] ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
        }
    }
    return row[right.count]
}
