//  ServiceSettings.swift · earshot

import Monitoring
import Notify

/// What is in force for the service, as the composition root takes it.
struct ServiceSettings {
    let operatorListen: Address
    let portalListen: Address
    let publicURL: String?
    let opensLinks: Bool
    let pollInterval: TimeSpan
    let commitInterval: TimeSpan
    let retention: TimeSpan
    let diskReserveBytes: Int
    let smtpURL: String?
    let notifications: Notifier.Configuration
    let mapTiles: String?
    let mapAttribution: String?
    let limits: Limits

    /// The bounds that can be set; each is explained in the table of settings.
    struct Limits {
        let socketsPerSession: Int
        let socketsPerAddress: Int
        let signInsPerMinute: Int
        let connections: Int
        let headBytes: Int
        let headFields: Int
        let idle: TimeSpan
        let bodyBytes: Int
        let imports: Int
        let exports: Int
        let messageBytes: Int
        let messagesPerSecond: Int
        let waitingMessages: Int
        let blocked: TimeSpan
        let upstreamTimeout: TimeSpan
        let upstreamBytes: Int
    }

    /// - Throws: ``Failure`` with exit code 2 for what cannot run.
    init(_ settings: Settings) throws {
        try settings.checked()
        operatorListen = settings.address(.operatorListen)
        portalListen = settings.address(.portalListen)
        publicURL = settings.text(.publicURL)
        opensLinks = settings.text(.openLinks) == "true"
        pollInterval = settings.span(.pollInterval)
        commitInterval = settings.span(.commitInterval)
        retention = settings.span(.retention)
        diskReserveBytes = settings.bytes(.diskReserve)
        smtpURL = settings.text(.smtpURL)
        notifications = ServiceSettings.notifications(settings)
        mapTiles = settings.text(.mapTiles)
        mapAttribution = settings.text(.mapAttribution)
        limits = Limits(
            socketsPerSession: settings.number(.socketsPerSession),
            socketsPerAddress: settings.number(.socketsPerAddress),
            signInsPerMinute: settings.number(.signInsPerMinute),
            connections: settings.number(.connections),
            headBytes: settings.number(.headBytes), headFields: settings.number(.headFields),
            idle: settings.span(.idle), bodyBytes: settings.number(.bodyBytes),
            imports: settings.number(.imports), exports: settings.number(.exports),
            messageBytes: settings.number(.messageBytes),
            messagesPerSecond: settings.number(.messagesPerSecond),
            waitingMessages: settings.number(.waitingMessages), blocked: settings.span(.blocked),
            upstreamTimeout: settings.span(.upstreamTimeout),
            upstreamBytes: settings.number(.upstreamBytes))
    }
}

extension ServiceSettings {
    fileprivate static func notifications(_ settings: Settings) -> Notifier.Configuration {
        var configuration = Notifier.Configuration()
        if let url = settings.text(.smtpURL), let from = settings.text(.mailFrom) {
            configuration.mailServer = MailServer(
                url: url, password: settings.text(.smtpPassword), from: from,
                requiresTLS: settings.text(.smtpTLS) == "required")
        }
        configuration.allowsPrivateTargets = settings.text(.webhookPrivate) == "allow"
        return configuration
    }
}

/// What fits together, once each value is right by itself. Pure.
enum SettingsReview {
    /// - Parameter hasCredentials: whether anybody could sign in.
    /// - Returns: sentences for what must be changed.
    static func conflicts(in settings: ServiceSettings, hasCredentials: Bool) -> [String] {
        var sentences: [String] = []
        let operators = settings.operatorListen
        let portal = settings.portalListen
        if operators.port != 0, operators == portal {
            sentences.append(
                "operator_listen and portal_listen are both \(operators.authority(port: portal.port)). "
                    + "Give each its own port.")
        }
        if !operators.isLoopback, !hasCredentials { sentences.append(exposed(operators)) }
        if !portal.isLoopback || !operators.isLoopback, let url = settings.publicURL,
            !url.hasPrefix("https://")
        {
            let host = portal.isLoopback ? operators.host : portal.host
            sentences.append(
                "public_url \(url) is not https, and a listener is open to the network at \(host). "
                    + "Put a TLS proxy before it and give its https URL, or listen on 127.0.0.1.")
        }
        if settings.smtpURL != nil, settings.notifications.mailServer == nil {
            sentences.append(
                "smtp_url is set and mail_from is not, so no mail can be sent. "
                    + "Give --mail-from, for example earshot@levels.example.org.")
        }
        if (settings.mapTiles == nil) != (settings.mapAttribution == nil) {
            sentences.append(
                "Of map_tiles and map_attribution only one is set. Give both, or none: "
                    + "whoever draws a map wants to be named on it.")
        }
        return sentences
    }

    /// Strangers must not find an operator listener before its operators do.
    static func exposed(_ address: Address) -> String {
        "--operator-listen \(address.host) is not loopback, and there is no operator and no API token "
            + "yet. Make one first: earshot operator add NAME --role admin --data DIR, or earshot token "
            + "create --name NAME --data DIR."
    }
}
