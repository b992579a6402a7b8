//  Settings.swift · earshot

/// Settings in force, each with where it comes from.
struct Settings {
    struct Entry {
        let setting: Setting
        /// `nil` when there is none, or when what was given is wrong.
        let value: SettingValue?
        let origin: Origin
    }

    enum Origin: Equatable {
        case fallback
        case file(String)
        case environment(String)
        case flag(String)

        var text: String {
            switch self {
            case .fallback: "default"
            case .file(let path): path
            case .environment(let name), .flag(let name): name
            }
        }
    }

    /// In the order of the table.
    let entries: [Entry]
    /// Everything that is wrong, as sentences; nothing may run while there is anything.
    let problems: [String]
    /// What looks odd and hurts nobody, as sentences.
    let remarks: [String]
    /// The configuration file in force.
    let file: String?

    /// - Returns: itself.
    /// - Throws: ``Failure`` with exit code 2 that tells all problems.
    @discardableResult
    func checked() throws -> Settings {
        guard problems.isEmpty else { throw Failure(.usage, problems.joined(separator: "\n")) }
        return self
    }

    subscript(_ setting: Setting) -> SettingValue? {
        entries.first { $0.setting.key == setting.key }?.value
    }

    func text(_ setting: Setting) -> String? { self[setting]?.text }

    /// - Precondition: the settings are ``checked()``, and `setting` is a number among them.
    func number(_ setting: Setting) -> Int {
        guard case .number(let number) = self[setting] else {
            preconditionFailure("\(setting.key) is no number")
        }
        return number
    }

    /// - Precondition: as of ``number(_:)``, for a size.
    func bytes(_ setting: Setting) -> Int {
        guard case .bytes(let count) = self[setting] else {
            preconditionFailure("\(setting.key) is no size")
        }
        return count.bytes
    }

    /// - Precondition: as of ``number(_:)``, for a length of time.
    func span(_ setting: Setting) -> TimeSpan {
        guard case .span(let span) = self[setting] else {
            preconditionFailure("\(setting.key) is no length of time")
        }
        return span
    }

    /// - Precondition: as of ``number(_:)``, for an address.
    func address(_ setting: Setting) -> Address {
        guard let address = text(setting).flatMap(Address.init) else {
            preconditionFailure("\(setting.key) is no address")
        }
        return address
    }

    /// The data folder.
    /// - Throws: ``Failure`` when there is nowhere to put one.
    func dataFolder() throws -> String {
        guard let folder = text(.data) else {
            throw Failure(.usage, "There is no data folder. Give one with --data DIR.")
        }
        return folder
    }

    /// The upstreams, each once.
    var upstreamURLs: [String] {
        if case .list(let urls) = self[.upstreams] { urls } else { [] }
    }
}
