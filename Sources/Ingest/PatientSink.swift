//  PatientSink.swift · Ingest
//
//  A sink waits while the pipeline is behind, and the pipeline may be behind for as long as a
//  disk is full. A stop must not wait for that: what is being handed over is then let go.

import Monitoring
import Synchronization

/// Hands on to another sink, and waits for it until this task is cancelled.
struct PatientSink: ObservationSink {
    let sink: any ObservationSink

    func take(_ observations: [Observation]) async {
        guard !observations.isEmpty, !Task.isCancelled else { return }
        let handover = Handover()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                handover.begin(continuation)
                // Not a child: a child that does not heed its cancellation would be waited for.
                Task { [sink] in
                    await sink.take(observations)
                    handover.end()
                }
            }
        } onCancel: {
            handover.end()
        }
    }
}

/// Resumes its continuation once, whoever ends it first, and also when that was before it began.
private final class Handover: Sendable {
    private enum State {
        case waiting
        case begun(CheckedContinuation<Void, Never>)
        case ended
    }

    private let state = Mutex(State.waiting)

    func begin(_ continuation: CheckedContinuation<Void, Never>) {
        let isEnded = state.withLock { state in
            if case .ended = state { return true }
            state = .begun(continuation)
            return false
        }
        if isEnded { continuation.resume() }
    }

    func end() {
        let continuation: CheckedContinuation<Void, Never>? = state.withLock { state in
            defer { state = .ended }
            if case .begun(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume()
    }
}
