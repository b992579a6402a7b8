//  MachineProbe.swift · earshot
//
//  Looks at the machine, the data folder and the upstreams. Changes nothing, touches no meter.

import CTimex
import Foundation
import Glibc
import Ingest
import Logging
import Monitoring
import Serve
import Store

struct MachineProbe {
    let settings: Settings

    func look() async throws -> MachineFacts {
        var facts = MachineFacts(settings: settings, now: SystemClock().now)
        facts.service = try? ServiceSettings(settings)
        facts.user = MachineProbe.owner(geteuid())
        facts.isClockSynchronised = MachineProbe.isClockSynchronised
        facts.openFilesMaximum = OpenFiles.maximum
        try await look(at: settings.text(.data), &facts)
        if let service = facts.service {
            facts.listeners = [
                (Setting.operatorListen.key, service.operatorListen),
                (Setting.portalListen.key, service.portalListen),
            ].map { name, address in
                .init(setting: name, address: address, port: PortProbe.state(of: address))
            }
            for url in Set(settings.upstreamURLs + facts.provisioned.map(\.url)).sorted() {
                let probe = await UpstreamProbe.ask(
                    url, timeout: service.limits.upstreamTimeout.duration, clock: SystemClock())
                facts.upstreams.append((url, probe))
            }
        }
        return facts
    }

    private func look(at path: String?, _ facts: inout MachineFacts) async throws {
        guard let path else {
            facts.data = .unknown
            return
        }
        facts.dataPath = path
        facts.data = MachineProbe.folder(path)
        facts.disk = MachineProbe.disk(path)
        guard case .present = facts.data else { return }
        facts.holder = HolderProbe.holder(of: path + "/store/LOCK")
        facts.keys = MachineProbe.keys(path + "/keys")
        let registry = try await RegistryCheck(file: path + "/registry.sqlite")
        facts.registry = registry.state
        facts.hasCredentials = registry.hasCredentials
        facts.units = registry.units
        facts.provisioned = registry.upstreams
        do {
            let store = try StoreCheck(folder: path + "/store")
            facts.levels = .read(store.damage, newest: store.newest)
        } catch let error as DiskError where error.kind == .notFound {
            facts.levels = .missing
        } catch {
            facts.levels = .unreadable("\(error)")
        }
    }

    private static func folder(_ path: String) -> MachineFacts.DataFolder {
        guard let status = FileStatus(path) else {
            return access(path, F_OK) == 0 || errno != ENOENT
                ? .unusable("it cannot be looked at") : .missing
        }
        guard status.isFolder else { return .unusable("it is not a folder") }
        let inner = ["registry.sqlite", "registry.sqlite-wal", "registry.sqlite-shm", "keys", "store"]
            + ["keys", "store", "store/seg", "store/wal"].flatMap { folder in
                FolderNames.of(path + "/" + folder).map { folder + "/" + $0 }
            }
        let strangers = inner.filter { name in
            FileStatus(path + "/" + name).map { $0.owner != status.owner } ?? false
        }
        // Root may write where nobody else could, so the owner's own right is asked for as well.
        let isWritable = access(path, W_OK | X_OK) == 0 && status.mode & 0o300 == 0o300
        return .present(
            owner(status.owner), isWritable: isWritable, strangers: Array(Set(strangers)).sorted())
    }

    private static func keys(_ folder: String) -> MachineFacts.Keys {
        guard let status = FileStatus(folder) else { return .missing }
        let files = FolderNames.of(folder).map { folder + "/" + $0 }
        guard files.contains(folder + "/sessions.keys") else { return .missing }
        let open = ([(folder, status)] + files.compactMap { path in FileStatus(path).map { (path, $0) } })
            .filter { $0.1.mode & 0o077 != 0 }
        guard open.isEmpty else {
            return .open(open.map { "\($0.0) (\(String($0.1.mode & 0o777, radix: 8)))" })
        }
        do {
            _ = try KeyRing(directory: folder)
            return .good
        } catch {
            return .malformed("\(error)")
        }
    }

    private static func owner(_ user: UInt32) -> MachineFacts.Owner {
        let name = getpwuid(user).map { String(cString: $0.pointee.pw_name) }
        return MachineFacts.Owner(user: user, name: name ?? "user \(user)")
    }

    /// Of the nearest folder that exists.
    private static func disk(_ path: String) -> MachineFacts.Disk? {
        var path = path
        var status = statvfs()
        while statvfs(path, &status) != 0 {
            guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex
            else { return nil }
            path = String(path[..<slash])
        }
        let block = UInt64(status.f_frsize)
        return MachineFacts.Disk(
            freeBytes: UInt64(status.f_bavail) * block, totalBytes: UInt64(status.f_blocks) * block)
    }

    private static var isClockSynchronised: Bool? {
        var answer = timex()
        let state = adjtimex(&answer)
        return state < 0 ? nil : state != TIME_ERROR
    }
}

/// What the system says of a file, itself and not what it links to.
struct FileStatus {
    /// Permissions only.
    let mode: UInt32
    let owner: UInt32
    let inode: UInt64
    let isFolder: Bool

    /// `nil` when it cannot be looked at.
    init?(_ path: String) {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let mode = attributes[.posixPermissions] as? NSNumber,
            let owner = attributes[.ownerAccountID] as? NSNumber,
            let inode = attributes[.systemFileNumber] as? NSNumber
        else { return nil }
        self.mode = mode.uint32Value & 0o7777
        self.owner = owner.uint32Value
        self.inode = inode.uint64Value
        isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
    }
}

private enum FolderNames {
    /// Empty when it cannot be read.
    static func of(_ folder: String) -> [String] {
        (try? SystemDisk(reading: folder).list("")) ?? []
    }
}

/// Whether a listener could listen: tried, and let go at once.
enum PortProbe {
    static func state(of address: Address) -> MachineFacts.Listener.Port {
        guard address.port != 0 else { return .free }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(address.host, "\(address.port)", &hints, &found)
        guard code == 0, let place = found?.pointee else {
            return .unusable(String(cString: gai_strerror(code)))
        }
        defer { freeaddrinfo(found) }
        let trial = socket(place.ai_family, place.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard trial >= 0 else { return .unusable(String(cString: strerror(errno))) }
        defer { close(trial) }
        var yes: Int32 = 1
        setsockopt(trial, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        if bind(trial, place.ai_addr, place.ai_addrlen) == 0 { return .free }
        return errno == EADDRINUSE ? .inUse : .unusable(String(cString: strerror(errno)))
    }
}

/// Who has the data folder, without asking for the lock: a start of the service at the same
/// moment must not find it taken by us.
enum HolderProbe {
    static func holder(of lock: String) -> String? {
        guard let inode = FileStatus(lock)?.inode,
            let disk = try? SystemDisk(reading: "/proc"), let file = try? disk.open("locks"),
            let text = text(of: file), let own = try? SystemDisk(reading: parent(lock)).open("LOCK"),
            let written = HolderProbe.text(of: own)
        else { return nil }
        // The first line; the second names the start of the machine.
        let pid = written.prefix { !$0.isWhitespace }
        return holder(inode: inode, writtenPID: String(pid), locks: text)
    }

    /// - Parameters:
    ///   - locks: lines like `1: FLOCK  ADVISORY  WRITE 1234 fd:00:5678 0 EOF`.
    ///   - writtenPID: what the holder wrote into the file.
    static func holder(inode: UInt64, writtenPID: String, locks: String) -> String? {
        for line in locks.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 6, fields[1] == "FLOCK", fields[3] == "WRITE",
                fields[5].split(separator: ":").last.flatMap({ UInt64($0) }) == inode,
                fields[4] == writtenPID
            else { continue }
            return writtenPID
        }
        return nil
    }

    private static func parent(_ path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    /// Byte by byte to the end: what the system makes up while it is read has no size.
    private static func text(of file: any DiskFile) -> String? {
        var bytes: [UInt8] = []
        while bytes.count < 1 << 16, let next = try? file.read(at: bytes.count, count: 1) {
            bytes += next
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
