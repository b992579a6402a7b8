//  SitePages.swift · Serve
//
//  The pages of clients and projects, of a project, and of a location.

import Hummingbird
import Monitoring

/// Answers `/projects`, `/projects/{id}` and `/locations/{id}`.
struct SitePages: Sendable {
    let sources: OperatorListener.Sources
    let pages: Pages

    func add(to group: RouterGroup<RequestScope>) {
        group.get("/projects") { request, context in
            let view = try await look(context)
            let isWhole = request.uri.queryParameters["all"] == "1"
            return try pages.page(
                "projects", title: "Projects", section: .projects,
                view.projects(withDeleted: isWhole), context.requestID)
        }
        group.get("/projects/:project") { _, context in
            let view = try await look(context)
            guard let id = context.pathText("project"), let project = view.sites.projects[id] else {
                throw Problem.notFound
            }
            return try pages.page(
                "project", title: project.name, section: .projects, view.page(of: project),
                context.requestID)
        }
        group.get("/locations/:location") { _, context in
            let view = try await look(context)
            guard let id = context.pathText("location"), let place = view.sites.locations[id],
                let project = view.sites.projects[place.project]
            else { throw Problem.notFound }
            var values = view.page(of: place, in: project)
            let scope = context.access?.scope ?? .viewer
            values["alerts"] = try await sources.alerts(ofLocation: id, scope: scope).context
            return try pages.page(
                "location", title: place.name, section: .projects, values, context.requestID)
        }
    }

    /// What is known now.
    private func look(_ context: RequestScope) async throws -> SiteView {
        var question = EventQuestion()
        question.status = .active
        question.limit = 1
        let events = try await sources.events.events(question).events.filter(\.isActive)
        let units = try await sources.directory.units().map(sources.snapshot(of:))
        return SiteView(
            sites: try await sources.sites.sites(), units: units,
            active: Dictionary(events.compactMap { $0.location.map { ($0, 1) } }, uniquingKeysWith: +),
            mayChange: (context.access?.scope ?? .viewer) >= .operator, now: sources.clock.now)
    }
}
