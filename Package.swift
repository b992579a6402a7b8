// swift-tools-version:6.2
// One package; its target graph is the architecture, and the compiler checks it (ARCHITECTURE.md).
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOWebSocket", package: "swift-nio"),
]

func stage(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .target(
        name: name, dependencies: ["Monitoring"] + dependencies, exclude: exclude,
        swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: ["Monitoring", "Support"] + dependencies, exclude: exclude,
        swiftSettings: settings)
}

let package = Package(
    name: "earshot",
    products: [.executable(name: "earshot", targets: ["earshot"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", exact: "1.35.2"),
        .package(url: "https://github.com/groue/GRDB.swift.git", exact: "7.10.0"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird.git", exact: "2.28.1",
            traits: []),
        .package(
            url: "https://github.com/hummingbird-project/swift-mustache.git", exact: "2.1.1"),
        .package(
            url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0",
            traits: []),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
    ],
    targets: [
        // C: system libraries, one instruction, and the browser's files.
        .systemLibrary(
            name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CTimex"),
        .target(name: "CChecksum"),
        .target(name: "CAssets"),

        // The vocabulary: knows no technology.
        .target(name: "Monitoring", swiftSettings: settings),

        // What others send as JSON, read within bounds: for Ingest and for Serve.
        .target(name: "JSON", swiftSettings: settings),

        // HTTP and WebSocket on one port, for Serve and for the simulator.
        .target(
            name: "Web",
            dependencies: nio + [
                logging, lifecycle,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
            ],
            swiftSettings: settings),

        // The stages.
        stage(
            "Ingest",
            nio + [
                "JSON", logging, lifecycle,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ]),
        stage("Pipeline", [logging, lifecycle]),
        stage(
            "Store",
            [
                "CZstd", "CChecksum", "CCrypto", logging, lifecycle,
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        stage(
            "Serve",
            nio + [
                "Web", "JSON", "Provisioning", "CAssets", "CCrypto", "CZlib", "CZstd", logging, lifecycle,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            exclude: ["Assets"]),
        stage("Notify", ["CCurl", "CCrypto", logging, lifecycle]),

        // An upstream to develop, test and measure against.
        stage(
            "Simulator",
            nio + [
                "Web", logging, lifecycle,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]),

        // What people and programs configure with: read and judged without touching anything, for
        // `earshot provision` and for Serve.
        stage("Provisioning", []),

        // The program: the only place that names concrete types of all stages.
        .executableTarget(
            name: "earshot",
            dependencies: [
                "CTimex", "Monitoring", "Ingest", "Pipeline", "Store", "Serve", "Notify",
                "Simulator", "Web", "Provisioning", logging, lifecycle,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "benchmarks",
            dependencies: [
                "Monitoring", "Pipeline", "Store", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "benchmarks",
            // Python, and the workload's generator in C, which workload.py builds.
            exclude: [
                "README.md", "chaos.py", "connection.py", "crash.py", "engines", "growth.py",
                "instance.py", "oracle.py", "peers.py", "progress.py", "queries.py", "report.py", "rules.py",
                "requirements.txt", "results", "service.py", "soak.py", "store.py", "workload.c",
                "workload.py",
            ],
            swiftSettings: settings),

        .target(
            name: "Support", dependencies: ["Monitoring", "Store"], path: "Tests/Support",
            swiftSettings: settings),
        tests("MonitoringTests", []),
        tests("IngestTests", ["Ingest", "JSON", "Simulator"]),
        tests("SimulatorTests", ["Simulator", "Web"]),
        tests("PipelineTests", ["Pipeline"]),
        tests(
            "StoreTests", ["Store", logging, .product(name: "GRDB", package: "GRDB.swift")],
            exclude: ["Fuzzing/README.md"]),
        tests(
            "NotifyTests",
            [
                "Notify", "Store", logging, .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            exclude: ["receiver.py", "requirements.txt"]),
        tests("ProvisioningTests", ["Provisioning"]),
        tests("ServeTests", ["Serve", "Store", "JSON", "Web", "CZstd"]),
        tests(
            "ProgramTests",
            ["earshot", "Web", logging, .product(name: "NIOCore", package: "swift-nio")]),
        tests(
            "EndToEndTests",
            [
                "earshot",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
    ]
)

// `make fuzz` alone: the decoders instrumented for libFuzzer, and in place of the tests a program
// made of the trials that StoreTests runs too (Tests/StoreTests/Fuzzing/README.md).
if Context.environment["EARSHOT_FUZZ"] != nil {
    let instrumented = settings + [.unsafeFlags(["-sanitize=fuzzer,address"])]
    let kept = ["CZstd", "CCrypto", "CChecksum", "Monitoring", "Store", "Support"]
    package.products = []
    package.targets = package.targets.filter { kept.contains($0.name) }
    for target in package.targets where ["Monitoring", "Store"].contains(target.name) {
        target.swiftSettings = instrumented
    }
    package.targets.append(
        .executableTarget(
            name: "fuzz", dependencies: ["Monitoring", "Store", "Support"],
            path: "Tests/StoreTests/Fuzzing", exclude: ["README.md"],
            swiftSettings: instrumented + [.define("EARSHOT_FUZZ")],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]))
}
