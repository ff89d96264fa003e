/// Fields that every answer of a router has, written out once.
struct StandingFields: Sendable {
    let fields: [HTTPHeaders.Field]
    /// All of them as lines.
    let lines: [UInt8]

    init(_ headers: HTTPHeaders) {
        fields = headers.fields
        var lines: [UInt8] = []
        for field in headers.fields { ResponseWriter.append(field, into: &lines) }
        self.lines = lines
    }
}
