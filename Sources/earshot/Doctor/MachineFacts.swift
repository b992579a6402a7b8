//  MachineFacts.swift · earshot

import Ingest
import Monitoring
import Store

/// What was seen of the machine, the data folder and the upstreams; not yet judged.
struct MachineFacts {
    struct Owner: Equatable {
        let user: UInt32
        /// `earshot`; the number when there is no name.
        let name: String
    }

    enum DataFolder: Equatable {
        /// There is no place for one.
        case unknown
        case missing
        /// A file, or what cannot be looked at; with the reason.
        case unusable(String)
        /// - strangers: what in it belongs to another user than the folder itself.
        case present(Owner, isWritable: Bool, strangers: [String])
    }

    enum Keys: Equatable {
        /// Made when the service first starts.
        case missing
        /// Files that others than their owner may use, with their modes.
        case open([String])
        case malformed(String)
        case good
    }

    enum Levels {
        case missing
        case unreadable(String)
        /// What cannot be read of it, and the newest frame of each unit.
        case read([Damage], newest: [UnitID: Timestamp])
    }

    struct Listener {
        enum Port: Equatable {
            case free
            case inUse
            case unusable(String)
        }
        let setting: String
        let address: Address
        let port: Port
    }

    struct Disk: Equatable {
        let freeBytes: UInt64
        let totalBytes: UInt64
    }

    var settings: Settings
    /// `nil` when the settings are wrong.
    var service: ServiceSettings?
    var user = Owner(user: 0, name: "root")
    var now: Timestamp
    /// `nil` when the system does not tell.
    var isClockSynchronised: Bool? = true
    var openFilesMaximum: UInt64 = 65_536
    var dataPath = "/var/lib/earshot"
    var data = DataFolder.missing
    var keys = Keys.missing
    var registry = RegistryCheck.State.missing
    var hasCredentials = false
    var units: [Unit] = []
    /// Upstreams of the registry; those of the settings stand there.
    var provisioned: [Upstream] = []
    var levels = Levels.missing
    /// The process that has the data folder now.
    var holder: String?
    /// `nil` when the system does not tell.
    var disk: Disk?
    var listeners: [Listener] = []
    var upstreams: [(url: String, probe: UpstreamProbe)] = []
}
