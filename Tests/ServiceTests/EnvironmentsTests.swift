import DreamFactory
import Foundation
import Testing

@testable import Service

/// Named environments of the configuration file, and the two ways to be somebody at a platform.
struct EnvironmentsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let file = #"""
        {"DREAMFACTORY_URL":"http://127.0.0.1:1","DREAMFACTORY_EMAIL":"a@example.com",
         "DREAMFACTORY_PASSWORD":"s3cret","STRIPE_TOLERANCE":"200s",
         "environments":{
           "staging":{"DREAMFACTORY_URL":"http://127.0.0.1:2","DREAMFACTORY_API_KEY":"<key>"},
           "own-login":{"DREAMFACTORY_API_KEY":"<key>","STRIPE_TOLERANCE":"100s"},
           "elsewhere":{"DREAMFACTORY_URL":"http://127.0.0.1:3"}}}
        """#.replacing("<key>", with: String(repeating: "a1", count: 32))

    private func settings(
        _ name: String?,
        _ environment: [String: String] = [:]
    ) throws -> Settings {
        let path = try folder.write(Self.file, to: "tollgate.json")
        return try Settings(environment: environment, file: path, named: name)
    }

    @Test func `a named environment wins over the file and over the process`() throws {
        let process = ["DREAMFACTORY_URL": "http://127.0.0.1:9", "STRIPE_TOLERANCE": "50s"]
        #expect(try settings(nil)["DREAMFACTORY_URL"] == "http://127.0.0.1:1")
        #expect(try settings(nil, process)["DREAMFACTORY_URL"] == "http://127.0.0.1:9")
        let staging = try settings("staging", process)
        #expect(staging["DREAMFACTORY_URL"] == "http://127.0.0.1:2")
        #expect(staging["STRIPE_TOLERANCE"] == "50s")
        #expect(try settings("own-login", process)["STRIPE_TOLERANCE"] == "100s")
        #expect(try settings(nil).environments == ["elsewhere", "own-login", "staging"])
    }

    @Test func `a login is never taken along to another platform`() throws {
        let process = ["DREAMFACTORY_EMAIL": "b@example.com", "DREAMFACTORY_PASSWORD": "s3cret"]
        for name in ["elsewhere", "staging"] {
            let settings = try settings(name, process)
            #expect(settings["DREAMFACTORY_EMAIL"] == nil)
            #expect(settings["DREAMFACTORY_PASSWORD"] == nil)
        }
    }

    @Test func `an environment's own login takes the place of the other way`() throws {
        let settings = try settings("own-login")
        #expect(settings["DREAMFACTORY_EMAIL"] == nil && settings["DREAMFACTORY_API_KEY"] != nil)
        #expect(settings["DREAMFACTORY_URL"] == "http://127.0.0.1:1")
    }

    @Test func `an environment that is not there is refused with those that are`() throws {
        let error = #expect(throws: ConfigurationError.self) { try settings("production") }
        let sentence = try #require(error).description
        #expect(sentence.hasSuffix("it has elsewhere, own-login, staging."))
        #expect(throws: ConfigurationError.self) { try Settings(environment: [:], named: "x") }
    }

    @Test(arguments: [
        #"{"environments":[]}"#, #"{"environments":{"a":1}}"#, #"{"environments":{"-a":{}}}"#,
        #"{"environments":{"a b":{}}}"#, #"{"environments":{"a":{"UNKNOWN":"s3cret"}}}"#,
        #"{"environments":{"a":{"environments":{}}}}"#,
    ])
    func `environments that cannot be meant are refused without their values`(
        _ file: String
    ) throws {
        let path = try folder.write(file, to: "wrong.json")
        let error = #expect(throws: ConfigurationError.self) {
            try Settings(environment: [:], file: path)
        }
        #expect(try !#require(error).description.contains("s3cret"))
    }

    @Test func `exactly one way to be somebody at the platform is taken`() throws {
        var settings = ConfigurationTests.good
        settings["DREAMFACTORY_API_KEY"] = String(repeating: "a1", count: 32)
        let both = #expect(throws: ConfigurationError.self) {
            try Configuration(Settings(environment: settings))
        }
        #expect(try #require(both).description.hasPrefix("Set either DREAMFACTORY_API_KEY or"))
        settings["DREAMFACTORY_EMAIL"] = nil
        settings["DREAMFACTORY_PASSWORD"] = nil
        let byKey = try Configuration(Settings(environment: settings))
        guard case .apiKey = byKey.platformCaller else {
            Issue.record("The key was not taken.")
            return
        }
        settings["DREAMFACTORY_API_KEY"] = "s3cret"
        let short = #expect(throws: ConfigurationError.self) {
            try Configuration(Settings(environment: settings))
        }
        #expect(try !#require(short).description.contains("s3cret"))
    }
}
