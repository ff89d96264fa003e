import Service
import Testing

struct StraySpaceTests {
    @Test(arguments: ["/srv/tollgate.db ", " /srv/tollgate.db", "/srv/tollgate.db\r", " ", "a\n"])
    func `a value with a space too many is refused by its name, and not repeated`(
        _ value: String
    ) throws {
        for name in ["TOLLGATE_DATABASE", "STRIPE_WEBHOOK_SECRET", "DREAMFACTORY_PASSWORD"] {
            let error = #expect(throws: ConfigurationError.self) {
                try Settings(environment: [name: value])
            }
            #expect(error?.description.hasPrefix(name + " begins or ends") == true)
            #expect(error?.description.contains("srv") == false)
        }
    }
}
