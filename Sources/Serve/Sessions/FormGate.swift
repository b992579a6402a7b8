//  FormGate.swift · Serve

import Hummingbird
import Monitoring
import Synchronization

/// Lets forms in that begin or end a session: of our own pages only, and so many a minute.
final class FormGate: Sendable {
    private let origins: OriginPolicy
    private let attempts: Mutex<AttemptLimit>
    private let counts: ServeCounts

    init(origins: OriginPolicy, attemptsPerMinute: Int, counts: ServeCounts) {
        self.origins = origins
        attempts = Mutex(AttemptLimit(perMinute: attemptsPerMinute))
        self.counts = counts
    }

    /// - Throws: 403 for another site's form.
    func check(_ request: Request) throws(Problem) {
        guard origins.allowsChange(request.head) else {
            throw Problem(status: .forbidden, detail: "This form belongs to another site.")
        }
    }

    /// Counts an attempt to begin a session.
    ///
    /// - Throws: as ``check(_:)``; 429 past the attempts of an address.
    func admit(_ request: Request, _ context: RequestScope, at now: Timestamp) throws(Problem) {
        try check(request)
        guard let seconds = attempts.withLock({ $0.attempt(context.address, at: now) }) else { return }
        counts.hit(.signIns)
        throw .tooMany("Too many attempts; try again in \(seconds) s.", retryAfterSeconds: seconds)
    }
}
