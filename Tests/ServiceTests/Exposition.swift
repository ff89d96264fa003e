/// A text of figures, read as strictly as the format allows: every family has one HELP and one TYPE
/// before its samples, which stand together; no sample occurs twice; counters end in `_total`; the
/// buckets of a histogram grow and end with `+Inf`, which is its count.
struct Exposition {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct Sample {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    private(set) var samples: [Sample] = []
    private(set) var types: [String: String] = [:]

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Failure(description: "the last line is open") }
        var family = ""
        var helped: String?
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            if line.hasPrefix("# HELP ") {
                guard words.count == 4, types[words[2]] == nil, helped == nil else {
                    throw Failure(description: "HELP out of place: \(line)")
                }
                helped = words[2]
            } else if line.hasPrefix("# TYPE ") {
                guard words.count == 4, helped == words[2],
                    ["counter", "gauge", "histogram"].contains(words[3])
                else { throw Failure(description: "TYPE out of place: \(line)") }
                (family, helped) = (words[2], nil)
                types[family] = words[3]
            } else {
                guard helped == nil else { throw Failure(description: "no TYPE before \(line)") }
                samples.append(try Self.sample(String(line), family, types[family] ?? ""))
            }
        }
        let names = samples.map { "\($0.name)\($0.labels.sorted { $0.key < $1.key })" }
        guard Set(names).count == names.count else {
            throw Failure(description: "a sample occurs twice")
        }
        for (name, type) in types { try check(name, type) }
    }

    /// The value of the one sample with this name and these labels.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        samples.first { $0.name == name && $0.labels == labels }?.value
    }

    private static func sample(_ line: String, _ family: String, _ type: String) throws -> Sample {
        let pattern = #/([a-z_]+)(?:\{((?:[a-z]+="[^"\\\n]*",?)+)\})? (\+Inf|[0-9.e+-]+)/#
        guard let match = line.wholeMatch(of: pattern), let value = Double(match.3) else {
            throw Failure(description: "not a sample: \(line)")
        }
        var labels: [String: String] = [:]
        let parts = match.2?.split(separator: ",", omittingEmptySubsequences: false) ?? []
        for part in parts {
            let sides = part.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, labels[String(sides[0])] == nil else {
                throw Failure(description: "labels are wrong: \(line)")
            }
            labels[String(sides[0])] = String(sides[1].dropFirst().dropLast())
        }
        let name = String(match.1)
        let suffixes = type == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
        guard suffixes.contains(where: { name == family + $0 }) else {
            throw Failure(description: "\(name) stands in the family \(family)")
        }
        return Sample(name: name, labels: labels, value: value)
    }

    private func check(_ name: String, _ type: String) throws {
        guard (type == "counter") == name.hasSuffix("_total") else {
            throw Failure(description: "\(name) is a \(type)")
        }
        guard type == "histogram" else { return }
        let buckets = samples.filter { $0.name == "\(name)_bucket" }
        let bounds = buckets.compactMap { bucket -> Double? in
            let le = bucket.labels["le"]
            return le == "+Inf" ? .infinity : le.flatMap { Double($0) }
        }
        guard bounds.count == buckets.count, bounds == Array(Set(bounds)).sorted(),
            bounds.last == .infinity, buckets.map(\.value) == buckets.map(\.value).sorted(),
            buckets.last?.value == value("\(name)_count"), value("\(name)_sum") != nil
        else { throw Failure(description: "the histogram \(name) is none") }
    }
}
