//  Setting.swift · earshot
//
//  One thing that can be set. The table of all (`Setting+Table.swift`) is what help, file,
//  environment, `config show` and the check of docs/configuration.md are made from.

/// One thing that can be set, by flag, environment and file.
struct Setting: Sendable {
    /// Its place in the file: `poll_interval`, or `limit.connections` inside the object `limit`.
    let key: String
    /// `--poll-interval`; `nil` for what has none.
    let flag: String?
    let form: SettingForm
    /// What holds when nobody says anything; `nil` is a value too: none.
    let fallback: @Sendable (Surroundings) -> String?
    /// The fallback in words, for help and documentation.
    let fallbackWords: String
    /// A sentence without its full stop.
    let about: String
    /// Never shown; may be given as a file by `EARSHOT_…_FILE`.
    let isSecret: Bool

    /// `EARSHOT_LIMIT_CONNECTIONS`.
    var environment: String {
        "EARSHOT_" + key.uppercased().map { $0 == "." ? "_" : String($0) }.joined()
    }

    /// What a fallback may look at.
    struct Surroundings {
        /// An empty value counts as absent.
        let environment: [String: String]
        let isTerminal: Bool
        /// Values in force of the settings before this one in the table, by key.
        let settled: [String: SettingValue]
    }

    init(
        _ key: String, flag: String? = nil, _ form: SettingForm, _ words: String, _ about: String,
        isSecret: Bool = false, fallback: (@Sendable (Surroundings) -> String?)? = nil
    ) {
        self.key = key
        self.flag = flag
        self.form = form
        self.fallbackWords = words
        self.about = about
        self.isSecret = isSecret
        self.fallback = fallback ?? { _ in words }
    }
}
