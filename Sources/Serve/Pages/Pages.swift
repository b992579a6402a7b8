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
/// `sections`: `href`, `words`, `is_current`.
struct Pages: Sendable {
    private let library: MustacheLibrary
    private let addresses: [String: String]

    /// What is rendered by name, beside what these include.
    private static let names = [
        "not-found",
        "notifications",
        "sign-in",
        "system",
        "unit",
        "units",
    ]

    /// - Throws: ``PageError`` when a template is missing or malformed: a fault of the program,
    ///   seen at its start.
    init(_ assets: AssetCatalog) throws(PageError) {
        var library = MustacheLibrary()
        for (name, text) in assets.templates {
            do {
                try library.register(text, named: name)
            } catch {
                throw .malformed(name, "\(error)")
            }
        }
        for name in Pages.names where library.getTemplate(named: name) == nil {
            throw .missing(name)
        }
        self.library = library
        addresses = assets.addresses
    }

    /// What scripts say with the words of the server, on both pages of units: `reasons_of_rate`
    /// (`reason`, `one`, `many`) and `reasons` of faults (`reason`, `words`).
    private static let dictionary: [String: [[String: String]]] = [
        "reasons_of_rate": UnitRate.Reason.allCases.map {
            ["reason": $0.rawValue, "one": $0.words.one, "many": $0.words.many]
        },
        "reasons": FaultReason.allCases.map { ["reason": $0.rawValue, "words": $0.words] },
    ]

    /// `unit`: see `UnitView.context`; `may_change`; `rates`: the settings of the rate, with
    /// `value`, `words`, `selected`; `alerts`: see `AlertsView.context`.
    func unit(
        _ view: UnitView, alerts: AlertsView? = nil, scope: AccessToken.Scope, requestID: String
    ) throws -> Response {
        let unit = view.snapshot.unit
        let rates: [[String: Any]] = Unit.Rate.allCases.map {
            ["value": $0.rawValue, "words": $0.words, "selected": $0 == unit.rate]
        }
        var context: [String: Any] = [
            "unit": view.context, "may_change": scope >= .operator, "rates": rates,
        ]
        context["alerts"] = alerts?.context
        return try page("unit", title: unit.id.name, section: .units, context, requestID)
    }

    /// See `UnitListView.context`.
    func units(_ view: UnitListView, requestID: String) throws -> Response {
        try page("units", title: "Units", section: .units, view.context, requestID)
    }

    /// `failed`: the token shown was not good; `next`: the page to go on to, for a hidden field of
    /// that name.
    func signIn(failed: Bool, next: String, requestID: String) throws -> Response {
        try page(
            "sign-in", title: "Sign in", ["failed": failed, "next": next], requestID,
            status: failed ? .unauthorized : .ok)
    }

    func notFound(requestID: String) throws -> Response {
        try page("not-found", title: "Not found", [:], requestID, status: .notFound)
    }

    /// - Parameter section: of operators' pages, which one this belongs to; `nil`: a page without
    ///   them, because nobody is signed in.
    func page(
        _ template: String, title: String, section: PageSection? = nil, _ context: [String: Any],
        _ requestID: String, status: HTTPResponse.Status = .ok
    ) throws -> Response {
        var context = context.merging(Pages.dictionary) { own, _ in own }
        context["assets"] = addresses
        context["home"] = "/"
        context["nav"] = section.map { ["sections": PageSection.context(current: $0)] }
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
