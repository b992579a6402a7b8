//  SettingsSources.swift · earshot
//
//  The layers: defaults < file < environment < flags. Everything that is wrong is told at once.

import Foundation
import Glibc

/// Where settings come from, before they are understood.
struct SettingsSources {
    /// By setting's key; more than one text for a list.
    var flags: [String: [String]] = [:]
    var environment: [String: String] = [:]
    var file = FileChoice.usual
    var isTerminal = false
    /// The bytes of a file; `nil` when it does not exist.
    var read: (String) throws -> [UInt8]? = SettingsSources.readFile
    /// Fallbacks of this command, by key; they go before those of the table.
    var fallbacks: [String: String] = [:]

    enum FileChoice: Equatable {
        /// No file counts.
        case none
        /// The user's, else the machine's, if there is one.
        case usual
        /// This one; it must exist.
        case path(String)
    }

    /// Flags as given, with this process's environment and terminal.
    static func process(flags: [String: [String]] = [:], file: FileChoice = .usual) -> Self {
        SettingsSources(
            flags: flags, environment: ProcessInfo.processInfo.environment, file: file,
            isTerminal: isatty(2) == 1)
    }

    /// What is in force.
    ///
    /// - Parameters:
    ///   - wanted: only these are settled, and only their values complained about.
    ///   - table: all settings that exist.
    func settle(_ wanted: [Setting] = Setting.all, of table: [Setting] = Setting.all) -> Settings {
        let environment = environment.filter { !$0.value.isEmpty }
        var problems: [String] = []
        let (path, file) = settingsFile(environment, table, &problems)
        problems += file.problems
        var entries: [Settings.Entry] = []
        var settled: [String: SettingValue] = [:]
        for setting in wanted {
            let given = given(setting, environment, path, file, &problems)
            let fallback = {
                fallbacks[setting.key]
                    ?? setting.fallback(
                        Setting.Surroundings(
                            environment: environment, isTerminal: isTerminal, settled: settled))
            }
            let entry =
                given
                ?? Settings.Entry(
                    setting: setting, value: fallback().flatMap { try? setting.form.value([$0]) },
                    origin: .fallback)
            settled[setting.key] = entry.value
            entries.append(entry)
        }
        return Settings(
            entries: entries, problems: problems, remarks: remarks(environment, table), file: path)
    }

    /// The value of the strongest layer that has one. What is wrong with it is added to `problems`.
    private func given(
        _ setting: Setting, _ environment: [String: String], _ path: String?, _ file: SettingsFile,
        _ problems: inout [String]
    ) -> Settings.Entry? {
        func entry(
            _ origin: Settings.Origin, _ name: String,
            _ texts: () throws(SettingForm.Complaint) -> [String]
        ) -> Settings.Entry {
            do {
                return Settings.Entry(
                    setting: setting, value: try setting.form.value(try texts()), origin: origin)
            } catch {
                problems.append(
                    setting.isSecret ? "\(name) is not usable." : "\(name) \(error.sentence)")
                return Settings.Entry(setting: setting, value: nil, origin: origin)
            }
        }
        if let texts = flags[setting.key], let flag = setting.flag {
            return entry(.flag(flag), flag) { () throws(SettingForm.Complaint) in texts }
        }
        let variable = setting.environment
        if let text = environment[variable] {
            let texts = setting.form == .upstreams ? SettingsSources.parts(of: text) : [text]
            return entry(.environment(variable), variable) { () throws(SettingForm.Complaint) in texts }
        }
        if setting.isSecret, let secret = environment[variable + "_FILE"] {
            return entry(.environment(variable + "_FILE"), variable + "_FILE") {
                () throws(SettingForm.Complaint) in
                guard let bytes = try? read(secret) else {
                    throw SettingForm.Complaint("cannot be read.")
                }
                return [String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .newlines)]
            }
        }
        if let path, let value = file.values[setting.key] {
            return entry(.file(path), "\(setting.key) in \(path)") { () throws(SettingForm.Complaint) in
                try value.texts(for: setting.form)
            }
        }
        return nil
    }

    private static func parts(of text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    private func settingsFile(
        _ environment: [String: String], _ table: [Setting], _ problems: inout [String]
    ) -> (path: String?, SettingsFile) {
        for path in candidates(environment) {
            do {
                if let bytes = try read(path) {
                    return (path, SettingsFile(bytes, path: path, known: table.map(\.key)))
                }
                if case .path = file {
                    problems.append(
                        "--config \(path) does not exist. Make the file, or give another.")
                }
            } catch let failure as ReadFailure where failure.isHidden && isUsersOwn(path) {
                // Somebody else's home, as after `setpriv` or `su`: not this user's settings.
                continue
            } catch {
                problems.append("\(path) cannot be read: \(error). Make it readable for this user.")
                return (path, SettingsFile())
            }
        }
        return (nil, SettingsFile())
    }

    private func isUsersOwn(_ path: String) -> Bool {
        file == .usual && path != SettingsSources.machinePath
    }

    private static let machinePath = "/etc/earshot/earshot.json"

    private func candidates(_ environment: [String: String]) -> [String] {
        switch file {
        case .none: return []
        case .path(let path): return [path]
        case .usual:
            let home = environment["XDG_CONFIG_HOME"] ?? environment["HOME"].map { $0 + "/.config" }
            return (home.map { [$0 + "/earshot/earshot.json"] } ?? []) + [SettingsSources.machinePath]
        }
    }

    /// Variables that look like settings and are none: most likely misspelt.
    private func remarks(_ environment: [String: String], _ table: [Setting]) -> [String] {
        let known = table.flatMap { [$0.environment] + ($0.isSecret ? [$0.environment + "_FILE"] : []) }
        let all = known + ServiceAddressOptions.variables
        return environment.keys.sorted().filter { $0.hasPrefix("EARSHOT_") && !all.contains($0) }
            .map { name in
                let hint = Spelling.nearest(to: name, among: known).map { "; did you mean \($0)?" }
                return "\(name) is set in the environment and is no setting\(hint ?? ".")"
            }
    }

    /// A reason in words instead of a number.
    struct ReadFailure: Error, CustomStringConvertible {
        let description: String
        /// A folder on the way may not be entered: whether there is a file is not known.
        var isHidden = false
    }

    private static func readFile(_ path: String) throws -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            let isDenied = errno == EACCES
            throw ReadFailure(
                description: String(cString: strerror(errno)),
                isHidden: isDenied && access(path, F_OK) != 0)
        }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: SettingsFile.bytesMaximum + 1)
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count >= 0 else { throw ReadFailure(description: String(cString: strerror(errno))) }
        guard count <= SettingsFile.bytesMaximum else {
            throw ReadFailure(description: "it is larger than 1 MiB")
        }
        return Array(bytes[..<count])
    }
}
