/// A call that nothing was done for, in one sentence that says what to do next.
struct UsageError: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ sentence: String, _ declaration: Declaration? = nil, nearest: String? = nil) {
        let hint = nearest.map { " Did you mean \($0)?" } ?? ""
        let help = declaration.map { " See tollgate \($0.name) --help." } ?? ""
        description = sentence + hint + help
    }
}
