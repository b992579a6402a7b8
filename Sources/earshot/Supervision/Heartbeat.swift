//  Heartbeat.swift · earshot

import ServiceLifecycle

/// Signs of life for the supervisor, at twice the rate it asks for, as long as all parts answer.
///
/// A part that hangs keeps the next sign back; the supervisor then restarts the service. Last in
/// the group of services, so that it is the first to learn of a stop.
struct Heartbeat: Service {
    let supervisor: Supervisor
    /// Each returns when its part has answered.
    let parts: [@Sendable () async -> Void]

    func run() async throws {
        if let patience = supervisor.patience {
            await cancelWhenGracefulShutdown {
                while (try? await Task.sleep(for: patience / 2)) != nil {
                    for part in parts { await part() }
                    supervisor.alive()
                }
            }
        } else {
            try? await gracefulShutdown()
        }
        supervisor.stopping()
    }
}
