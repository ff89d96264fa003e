import Foundation
import Testing

@testable import Service

/// Where settings come from, and which of two wins.
struct SettingsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func refusal(
        environment: [String: String] = [:],
        file: String? = nil
    ) throws -> String {
        let path = try file.map { try folder.write($0, to: "tollgate.json") }
        let error = #expect(throws: ConfigurationError.self) {
            try Settings(environment: environment, file: path)
        }
        let sentence = try #require(error).description
        #expect(sentence.hasSuffix(".") && !sentence.contains("s3cret"))
        return sentence
    }

    @Test func `every setting can stand in a file of its own`() throws {
        for name in Settings.names {
            let path = try folder.write("  the value\n", to: name)
            let settings = try Settings(environment: ["\(name)_FILE": path])
            #expect(settings[name] == "the value")
        }
    }

    @Test func `the environment wins over the file, in whichever form either has it`() throws {
        let other = try folder.write("other", to: "other")
        let plain = try folder.write(#"{"DREAMFACTORY_PASSWORD":"s3cret"}"#, to: "plain.json")
        let byFile = try folder.write(
            #"{"DREAMFACTORY_PASSWORD_FILE":"\#(other)"}"#,
            to: "file.json"
        )
        let name = "DREAMFACTORY_PASSWORD"
        #expect(try Settings(environment: [:], file: plain)[name] == "s3cret")
        #expect(try Settings(environment: [:], file: byFile)[name] == "other")
        #expect(try Settings(environment: [name: "mine"], file: plain)[name] == "mine")
        #expect(try Settings(environment: [name: "mine"], file: byFile)[name] == "mine")
        #expect(try Settings(environment: ["\(name)_FILE": other], file: plain)[name] == "other")
        #expect(try Settings(environment: [name: ""], file: plain)[name] == "s3cret")
    }

    @Test func `a whole number may stand in the file as a number`() throws {
        let path = try folder.write(#"{"TOLLGATE_CLAIM_WINDOW":60}"#, to: "tollgate.json")
        #expect(try Settings(environment: [:], file: path)["TOLLGATE_CLAIM_WINDOW"] == "60")
    }

    @Test func `a setting and its file at once are refused`() throws {
        let sentence = try refusal(environment: [
            "DREAMFACTORY_PASSWORD": "s3cret", "DREAMFACTORY_PASSWORD_FILE": "/nowhere",
        ])
        #expect(
            sentence == "DREAMFACTORY_PASSWORD and DREAMFACTORY_PASSWORD_FILE are both set: "
                + "remove one of them."
        )
    }

    @Test func `a file that is not there or empty is refused`() throws {
        let missing = try refusal(environment: ["DREAMFACTORY_PASSWORD_FILE": "/nowhere/at/all"])
        #expect(
            missing == "DREAMFACTORY_PASSWORD_FILE: the file /nowhere/at/all cannot be read."
        )
        let path = try folder.write("\n", to: "empty")
        let empty = try refusal(environment: ["DREAMFACTORY_PASSWORD_FILE": path])
        #expect(empty == "DREAMFACTORY_PASSWORD_FILE: the file \(path) is empty.")
    }

    @Test(arguments: [
        (#"{"DREAMFACTORY_PASWORD":"s3cret"}"#, "DREAMFACTORY_PASWORD is no setting"),
        (#"{"PATH":"s3cret"}"#, "PATH is no setting"),
        (#"{"DREAMFACTORY_PASSWORD":["s3cret"]}"#, "must be a text or a whole number"),
        (#"{"DREAMFACTORY_PASSWORD":null}"#, "must be a text or a whole number"),
        (#"["s3cret"]"#, "is not a JSON object of names and values"),
        ("s3cret", "is not a JSON object of names and values"),
    ])
    func `a file that is not a list of settings is refused`(
        _ text: String,
        _ says: String
    ) throws {
        let sentence = try refusal(file: text)
        #expect(sentence.contains(says), "\(sentence)")
        #expect(sentence.contains("tollgate.json"))
    }

    @Test(arguments: [
        ("TOLLGATE_TRUSTED_PROXY", "TOLLGATE_TRUSTED_PROXIES"),
        ("TOLLGATE_MASTER_KEYS_ODL", "TOLLGATE_MASTER_KEYS_OLD"),
        ("TOLLGATE_MASTERKEY_FILE", "TOLLGATE_MASTER_KEY_FILE"),
        ("TOLLGATE_CONNECTIONS_PER_ADRESS", "TOLLGATE_CONNECTIONS_PER_ADDRESS"),
        ("TOLLGATE_OPERATOR", "TOLLGATE_OPERATOR_LISTEN"), ("TOLLGATE_COLOUR", nil),
    ])
    func `a variable that looks like a setting is refused by the nearest name`(
        _ name: String,
        _ nearest: String?
    ) throws {
        let error = try #require(
            #expect(throws: ConfigurationError.self) {
                try Configuration.refuseUnknownSettings([name: "s3cret"])
            }
        )
        #expect(error.description.hasPrefix("\(name) is no setting of Tollgate"))
        #expect(!error.description.contains("s3cret"))
        #expect(error.description.contains(nearest ?? "; remove it"))
        #expect(UnknownSetting.all(in: [name: "s3cret"]).map(\.nearest) == [nearest])
    }

    @Test func `settings, what is empty and what others set are no unknown settings`() throws {
        var environment = [
            "TOLLGATE_COLOUR": "", "PATH": "/bin", "STRIPE_SECRET_KEY": "sk",
            "TOLLGATE_FUZZ_SECONDS": "60", "TOLLGATE_SERVICE_HOST": "10.0.0.1",
            "TOLLGATE_SERVICE_PORT": "8080", "TOLLGATE_SERVICE_PORT_HTTP": "8080",
            "TOLLGATE_PORT": "tcp://10.0.0.1:8080", "TOLLGATE_PORT_8080_TCP_ADDR": "10.0.0.1",
            "TOLLGATE_WEB_SERVICE_HOST": "10.0.0.1", "TOLLGATE_WEB_PORT_80_TCP_PROTO": "tcp",
        ]
        for name in Settings.names { (environment[name], environment["\(name)_FILE"]) = ("1", "1") }
        #expect(UnknownSetting.all(in: environment).isEmpty)
        try Configuration.refuseUnknownSettings(environment)
        #expect(UnknownSetting.all(in: ["TOLLGATE_PORT": "8081"]).count == 1)
    }

    @Test func `a configuration file that is not there is refused`() {
        let error = #expect(throws: ConfigurationError.self) {
            try Settings(environment: [:], file: "/nowhere/tollgate.json")
        }
        #expect(
            error?.description == "The configuration file /nowhere/tollgate.json cannot be read."
        )
    }
}
