//  Pages.swift · Serve
//
//  Pages out of templates. What a template may name is written at each method.

import HTTPTypes
import Hummingbird
import Monitoring
import Mustache
import NIOCore

/// Renders the pages. Every template also has `assets` (addresses by key: `assets.unit_js`),
/// `title`, `request_id`, `home` (where the brand leads to) and, on operators' pages, `nav` with
/// `sections`: see `PageSection.context`; and `viewers` with the `name` of who is signed in.
struct Pages: Sendable {
    private let library: MustacheLibrary
    private let addresses: [String: String]
    /// How many events are active now.
    private let active: @Sendable () -> Int

    /// - Parameter active: how many events are, for the bar; asked for each page.
    /// - Throws: ``PageError`` when a template is malformed: a fault of the program, seen at its
    ///   start.
    init(
        _ assets: AssetCatalog, active: @escaping @Sendable () -> Int = { 0 }
    ) throws(PageError) {
        var library = MustacheLibrary()
        for (name, text) in assets.templates {
            do {
                try library.register(text, named: name)
            } catch {
                throw .malformed(name, "\(error)")
            }
        }
        self.library = library
        addresses = assets.addresses
        self.active = active
    }

    /// What scripts say with the words of the server, on both pages of units: `reasons_of_rate`
    /// (`reason`, `one`, `many`) and `reasons` of faults (`reason`, `words`).
    private static let dictionary: [String: [[String: String]]] = [
        "reasons_of_rate": UnitRate.Reason.allCases.map {
            ["reason": $0.rawValue, "one": $0.words.one, "many": $0.words.many]
        },
        "reasons": FaultReason.allCases.map { ["reason": $0.rawValue, "words": $0.words] },
    ]

    /// `unit`, `levels`: see `UnitView`; `may_change`; `rates`: the settings of the rate, with
    /// `value`, `words`, `selected`; `alerts`: see `AlertsView.context`.
    func unit(
        _ view: UnitView, alerts: AlertsView? = nil, scope: AccessToken.Scope, requestID: String
    ) throws -> Response {
        let unit = view.snapshot.unit
        let rates: [[String: Any]] = Unit.Rate.allCases.map {
            ["value": $0.rawValue, "words": $0.words, "selected": $0 == unit.rate]
        }
        var context: [String: Any] = [
            "unit": view.context, "levels": view.levels, "may_change": scope >= .operator,
            "rates": rates,
        ]
        context["alerts"] = alerts?.context
        return try page("unit", title: unit.id.name, section: .units, context, requestID)
    }

    /// Whether there is a file of this name.
    func has(_ asset: String) -> Bool { addresses[AssetCatalog.key(asset)] != nil }

    /// See `UnitListView.context`.
    func units(_ view: UnitListView, requestID: String) throws -> Response {
        try page("units", title: "Units", section: .units, view.context, requestID)
    }

    /// See `SignInView.context`.
    func signIn(_ view: SignInView, requestID: String) throws -> Response {
        try page(
            "sign-in", title: "Sign in", view.context, requestID,
            status: view.failure == nil ? .ok : .unauthorized)
    }

    func notFound(requestID: String) throws -> Response {
        try page("not-found", title: "Not found", [:], requestID, status: .notFound)
    }

    /// - Parameter section: of operators' pages, which one this belongs to; `nil`: a page without
    ///   them, because nobody is signed in.
    func page(
        _ template: String, title: String, section: PageSection? = nil, _ context: [String: Any],
        _ requestID: String, status: HTTPResponse.Status = .ok, home: String = "/"
    ) throws -> Response {
        var context = context.merging(Pages.dictionary) { own, _ in own }
        context["assets"] = addresses
        context["home"] = home
        context["nav"] = section.map { section in
            let viewer = PageViewer.access
            let sections = PageSection.context(
                current: section, scope: viewer?.scope ?? .viewer, active: active())
            return ["sections": sections, "viewers": viewer.map { [["name": $0.name]] } ?? []]
        }
        context["title"] = title
        context["request_id"] = requestID
        guard let text = library.render(context, withTemplate: template) else {
            throw PageError.missing(template)
        }
        return Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

/// Why there are no pages.
package enum PageError: Error, CustomStringConvertible {
    case missing(String)
    case malformed(String, String)

    package var description: String {
        switch self {
        case .missing(let name): "the template \(name).mustache is missing"
        case .malformed(let name, let reason):
            "the template \(name).mustache is malformed: \(reason)"
        }
    }
}
