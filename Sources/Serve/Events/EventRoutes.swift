//  EventRoutes.swift · Serve
//
//  Events, and what people say of them.

import HTTPTypes
import Hummingbird
import JSON
import Logging
import Monitoring

/// Answers `/api/events` and the events of a unit.
struct EventRoutes: Sendable {
    let sources: OperatorListener.Sources
    let lookup: UnitLookup
    let bodies: BodyReader
    /// Previews and replays that run at once.
    let places: TransferPlaces
    /// Tells viewers of an event that somebody said something of.
    let announce: @Sendable (SoundEvent) async -> Void
    let logger: Logger

    static let noteCharacters = 2000
    /// Characters that people see may be of many bytes each.
    static let noteBytes = 8000

    func list(_ request: Request) async throws -> Response {
        let sites = try await sources.sites.sites()
        let question = try EventQuestion(QueryText(request), sites: sites)
        return .json(EventBody.page(try await sources.events.events(question)))
    }

    func list(_ request: Request, ofUnit context: RequestScope) async throws -> Response {
        let unit = try await lookup.unit(context).id
        let sites = try await sources.sites.sites()
        var question = try EventQuestion(QueryText(request), sites: sites)
        guard question.unit == nil || question.unit == unit else {
            throw Problem.malformed("unit", "is said by the path already")
        }
        question.unit = unit
        return .json(EventBody.page(try await sources.events.events(question)))
    }

    func show(_ context: RequestScope) async throws -> Response {
        guard let id = id(context), let event = try await sources.events.event(id) else {
            throw Problem.notFound
        }
        return .json(EventBody.event(event))
    }

    /// The readings around an event and its steps.
    func replay(_ context: RequestScope) async throws -> Response {
        guard let id = id(context), let event = try await sources.events.event(id) else {
            throw Problem.notFound
        }
        let place = try places.take()
        defer { place.leave() }
        let replay = try await sources.replays.replay(event, at: sources.clock.now)
        return .json(
            ReplayBody.replay(
                replay, of: event, try await sources.recipients.deliveries(of: event)))
    }

    func acknowledge(_ request: Request, _ context: RequestScope) async throws -> Response {
        try await say(request, context, isNeeded: false, "an event was acknowledged") { id, note in
            try await sources.events.acknowledge(id, note)
        }
    }

    func comment(_ request: Request, _ context: RequestScope) async throws -> Response {
        try await say(request, context, isNeeded: true, "an event was commented") { id, note in
            try await sources.events.comment(id, note)
        }
    }

    private func say(
        _ request: Request, _ context: RequestScope, isNeeded: Bool, _ what: Logger.Message,
        _ store: (Int64, SoundEvent.Note) async throws -> SoundEvent?
    ) async throws -> Response {
        guard let id = id(context) else { throw Problem.notFound }
        let members = try await bodies.object(of: request)
        let note = SoundEvent.Note(
            at: sources.clock.now, by: context.access?.name ?? "",
            note: try EventRoutes.note(members, isNeeded: isNeeded))
        let event: SoundEvent?
        do {
            event = try await store(id, note)
        } catch is NotesFull {
            throw Problem(
                status: .conflict,
                detail: "An event has at most \(SoundEvent.notesMaximum) acknowledgements and "
                    + "\(SoundEvent.notesMaximum) comments.")
        }
        guard let event else { throw Problem.notFound }
        await announce(event)
        logger.notice(
            what,
            metadata: [
                "event": "\(id)", "token": "\(note.by)", "request_id": "\(context.requestID)",
            ])
        return .json(EventBody.event(event))
    }

    private func id(_ context: RequestScope) -> Int64? {
        context.parameters.get("event").flatMap { Int64($0) }
    }

    /// The text of `{"note": "…"}`.
    private static func note(
        _ members: [JSONValue.Member], isNeeded: Bool
    ) throws(Problem) -> String {
        var faults: [Problem.Fault] = []
        var note = ""
        for member in members {
            let isNull = member.value == .null && !isNeeded
            if member.key != "note" {
                faults.append(.init(field: member.key, message: "is not known; there is note"))
            } else if let text = member.value.string, isGood(text) {
                note = text
            } else if !isNull {
                faults.append(
                    .init(
                        field: "note",
                        message: "must be a text of at most \(noteCharacters) characters and "
                            + "\(noteBytes) bytes, of control characters only newlines and tabs"))
            }
        }
        if isNeeded, faults.isEmpty, note.allSatisfy(\.isWhitespace) {
            faults.append(.init(field: "note", message: "must be a text that says something"))
        }
        guard faults.isEmpty else { throw .unprocessable(faults) }
        return note
    }

    private static func isGood(_ text: String) -> Bool {
        text.utf8.count <= noteBytes && text.count <= noteCharacters
            && text.unicodeScalars.allSatisfy {
                $0 == "\n" || $0 == "\t" || $0.properties.generalCategory != .control
            }
    }
}
