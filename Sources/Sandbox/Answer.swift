import JSON

/// What the platform answers, before it is written as HTTP.
struct Answer {
    var status = 200
    var headers: [(name: String, value: String)] = []
    var body: JSONValue?
    /// A page in place of the body.
    var page: String?

    init(status: Int = 200, headers: [(name: String, value: String)] = [], body: JSONValue?) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A page for people, where clients expect JSON.
    static func page(_ text: String) -> Answer {
        var answer = Answer(body: nil)
        answer.page = "<!DOCTYPE html>\n<title>Sandbox</title>\n<p>\(text)</p>\n"
        return answer
    }

    static let success = Answer(body: ["success": true])

    /// A list as the platform wraps it.
    static func list(_ rows: [JSONValue], meta: JSONValue? = nil, status: Int = 200) -> Answer {
        var body: [String: JSONValue] = ["resource": .array(rows)]
        body["meta"] = meta
        return Answer(status: status, body: .object(body))
    }
}
