// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library target that may import exactly `dependencies`; CI builds with
/// `--explicit-target-dependency-import-check error`.
func module(
    _ name: String,
    path: String? = nil,
    imports dependencies: [Target.Dependency] = [],
    exclude: [String] = [],
    resources: [Resource]? = nil
) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        path: path,
        exclude: exclude,
        resources: resources,
        swiftSettings: strict
    )
}

/// The tests of one module, with the fixtures they read from `Fixtures/`.
func tests(
    _ name: String,
    imports dependencies: [Target.Dependency],
    fixtures: Bool = false
) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: dependencies,
        resources: fixtures ? [.copy("Fixtures")] : nil,
        swiftSettings: strict
    )
}

let package = Package(
    name: "tollgate",
    products: [.executable(name: "tollgate", targets: ["tollgate"])],
    targets: [
        .systemLibrary(
            name: "CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"])]
        ),
        .systemLibrary(name: "CEpoll"),
        .systemLibrary(name: "CMalloc"),

        module("JSON"),
        module("Digest"),
        module("SQLite", imports: ["CSQLite"]),
        module("HTTP", imports: ["CEpoll"]),
        module("Transport"),
        module("DreamFactory", imports: ["Transport", "JSON"]),
        module("Subscriptions", imports: ["Digest", "JSON"]),
        module("Webhooks", path: "Webhooks", imports: ["Subscriptions", "Digest", "JSON"]),
        module("Provisioning", imports: ["Subscriptions", "DreamFactory", "JSON"]),
        module("Migrations", path: "Migrations", resources: [.embedInCode("sql")]),
        module("Storage", imports: ["Subscriptions", "SQLite", "Migrations", "JSON"]),
        module(
            "Service",
            imports: [
                "JSON", "Digest", "SQLite", "HTTP", "Transport", "DreamFactory", "Subscriptions",
                "Webhooks", "Provisioning", "Migrations", "Storage",
            ]
        ),
        module(
            "Simulation",
            imports: ["Subscriptions", "Provisioning", "DreamFactory", "Transport"]
        ),
        module("Sandbox", imports: ["HTTP", "SQLite", "Digest", "JSON"]),
        .executableTarget(
            name: "tollgate",
            dependencies: ["CMalloc", "Service", "Sandbox", "HTTP", "Transport", "JSON"],
            swiftSettings: strict
        ),

        .executableTarget(
            name: "tollgate-simulation",
            dependencies: ["Simulation"],
            swiftSettings: strict
        ),

        .executableTarget(
            name: "tollgate-benchmark",
            dependencies: ["Storage", "SQLite", "Subscriptions", "Digest"],
            swiftSettings: strict
        ),

        module("ChildProcess", path: "Tests/ChildProcess"),
        tests("JSON", imports: ["JSON"]),
        tests("Digest", imports: ["Digest", "JSON"], fixtures: true),
        tests("SQLite", imports: ["SQLite", "ChildProcess"]),
        tests("HTTP", imports: ["HTTP", "JSON"], fixtures: true),
        tests("Transport", imports: ["Transport", "HTTP"]),
        tests(
            "DreamFactory",
            imports: ["DreamFactory", "Transport", "JSON", "Sandbox", "HTTP"],
            fixtures: true
        ),
        tests("Subscriptions", imports: ["Subscriptions", "Simulation", "Digest", "JSON"]),
        tests(
            "Webhooks",
            imports: ["Webhooks", "Subscriptions", "Digest", "JSON"],
            fixtures: true
        ),
        tests(
            "Provisioning",
            imports: [
                "Provisioning", "Subscriptions", "Simulation", "DreamFactory", "Transport", "JSON",
            ]
        ),
        tests("Migrations", imports: ["Migrations"]),
        tests(
            "Storage",
            imports: [
                "Storage", "Subscriptions", "Simulation", "SQLite", "Migrations", "Digest", "JSON",
            ]
        ),
        tests(
            "Service",
            imports: [
                "Service", "JSON", "Digest", "SQLite", "HTTP", "Transport", "DreamFactory",
                "Subscriptions", "Webhooks", "Provisioning", "Migrations", "Storage", "Sandbox",
            ]
        ),
        tests(
            "Benchmark",
            imports: ["tollgate-benchmark", "Storage", "Subscriptions", "Digest"]
        ),
        tests(
            "Simulation",
            imports: ["Simulation", "tollgate-simulation", "ChildProcess"]
        ),
        tests("Sandbox", imports: ["Sandbox", "HTTP", "SQLite", "JSON"], fixtures: true),
        tests(
            "EndToEnd",
            imports: [
                "tollgate", "Service", "Sandbox", "HTTP", "JSON", "Digest", "ChildProcess",
            ],
            fixtures: true
        ),
    ],
    swiftLanguageModes: [.v6]
)
