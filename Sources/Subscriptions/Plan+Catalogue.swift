package import JSON

extension Plan {
    /// Reads one plan of a catalogue, as it stands in the file or in the database.
    ///
    /// - Parameters:
    ///   - value: The plan's object.
    ///   - path: Where it stands, for the error.
    /// - Throws: ``CatalogueError`` with the place of the first fault.
    package init(catalogue value: JSONValue, path: String) throws(CatalogueError) {
        var object = try CatalogueObject(value, path: path)
        let id = try object.string("id")
        guard Self.isID(id) else {
            throw object.fault("id", "an id has 1 to 40 of a-z, 0-9 and -, first a letter or digit")
        }
        let name = try object.string("name")
        guard name.utf8.count <= 100 else { throw object.fault("name", "100 bytes are the most") }
        let prices = try Self.prices(object.take("prices"), object.place(of: "prices"))
        let access = try Self.access(&object)
        let limits = try Self.limits(&object)
        let grace = try Self.grace(object.take("grace"), object.place(of: "grace"))
        let refund = try Self.policy(&object, "refund", default: .end)
        let dispute = try Self.policy(&object, "dispute", default: .suspend)
        try object.refuseUnknown()
        self.init(
            id: ID(id),
            name: name,
            prices: prices,
            access: access,
            limits: limits,
            pastDueGrace: grace.pastDue,
            rotationGrace: grace.rotation,
            refund: refund,
            dispute: dispute
        )
    }

    private static func isID(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count) && text.first != "-"
            && text.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
            }
    }

    private static func prices(
        _ value: JSONValue?,
        _ path: String
    ) throws(CatalogueError) -> [Provider: [String]] {
        guard let members = value?.object else {
            throw CatalogueError(path: path, reason: "an object of lists of price ids is expected")
        }
        var prices: [Provider: [String]] = [:]
        for (name, list) in members.sorted(by: { $0.key < $1.key }) {
            guard let entries = list.array, !name.isEmpty else {
                throw CatalogueError(path: "\(path).\(name)", reason: "a list is expected here")
            }
            var ids: [String] = []
            for (index, entry) in entries.enumerated() {
                guard let id = entry.string, !id.isEmpty, id.utf8.count <= 255,
                    !id.contains(where: \.isWhitespace)
                else {
                    throw CatalogueError(
                        path: "\(path).\(name)[\(index)]",
                        reason: "a price id of at most 255 bytes without blanks is expected"
                    )
                }
                ids.append(id)
            }
            prices[Provider(rawValue: name)] = ids
        }
        return prices
    }

    private static func policy(
        _ object: inout CatalogueObject,
        _ name: String,
        default fallback: Policy
    ) throws(CatalogueError) -> Policy {
        guard let value = object.take(name) else { return fallback }
        guard let policy = value.string.flatMap(Policy.init(rawValue:)) else {
            throw object.fault(name, "one of end, suspend and keep is expected")
        }
        return policy
    }

    private static func grace(
        _ value: JSONValue?,
        _ path: String
    ) throws(CatalogueError) -> (pastDue: Duration, rotation: Duration) {
        var object = try CatalogueObject(value ?? [:], path: path)
        let pastDue = try period(&object, "past_due", default: .seconds(3 * 86_400))
        let rotation = try period(&object, "rotation", default: .seconds(86_400))
        try object.refuseUnknown()
        return (pastDue, rotation)
    }

    private static func period(
        _ object: inout CatalogueObject,
        _ name: String,
        default fallback: Duration
    ) throws(CatalogueError) -> Duration {
        guard let value = object.take(name) else { return fallback }
        guard let period = value.string.flatMap(Duration.init(short:)), period.seconds <= 31_536_000
        else {
            throw object.fault(name, "a time like 90s, 30m, 24h or 3d is expected, a year at most")
        }
        return period
    }

    /// The plan as a catalogue writes it, every default spelt out.
    package var catalogue: JSONValue {
        var members: [String: JSONValue] = [
            "id": .string(id.rawValue),
            "name": .string(name),
            "prices": .object(
                Dictionary(
                    uniqueKeysWithValues: prices.map { provider, ids in
                        (provider.rawValue, .array(ids.map(JSONValue.string)))
                    }
                )
            ),
            "access": .array(access.map(\.catalogue)),
            "grace": [
                "past_due": .string(pastDueGrace.short),
                "rotation": .string(rotationGrace.short),
            ],
            "refund": .string(refund.rawValue),
            "dispute": .string(dispute.rawValue),
        ]
        if limits.isEmpty {
            members["unlimited"] = true
        } else {
            members["limits"] = .array(limits.map(\.catalogue))
        }
        return .object(members)
    }
}

extension Duration {
    /// Reads a time like `90s`, `30m`, `24h` or `3d`.
    package init?(short text: String) {
        let factors: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let unit = text.last, let factor = factors[unit],
            text.dropLast().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let count = Int(text.dropLast()), count <= Int.max / factor
        else { return nil }
        self = .seconds(count * factor)
    }

    /// The time in its largest whole unit: `90s`, `30m`, `24h`, `3d`.
    package var short: String {
        let seconds = components.seconds
        for (unit, factor) in [("d", Int64(86_400)), ("h", 3_600), ("m", 60)]
        where seconds != 0 && seconds % factor == 0 {
            // A day is written as 24h, so that what the README writes comes back as it stands.
            if unit == "d", seconds == 86_400 { continue }
            return "\(seconds / factor)\(unit)"
        }
        return "\(seconds)s"
    }
}
