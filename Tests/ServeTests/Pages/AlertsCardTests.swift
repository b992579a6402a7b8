//  AlertsCardTests.swift · ServeTests

import Monitoring
import Support
import Testing

@testable import Serve

@Suite(.timeLimit(.minutes(10))) struct `The card of alerts` {
    private func site(_ scope: AccessToken.Scope = .operator) -> Site {
        var site = Site()
        site.assets = .embedded
        site.tokens = FakeTokens(scope: scope)
        site.books.change { $0.put(SoundEvent.sample().rule!) }
        return site
    }

    private func page(_ site: Site, unit: String = "a") async throws -> String {
        try await site.run { port async throws in
            let answer = try await port.get("/units/\(unit)", fields: [Port.bearer, "Accept: text/html"])
            #expect(answer.status == 200)
            return answer.body
        }
    }

    @Test func `has the rules of the place where the unit is, in the place's zone`() async throws {
        let page = try await page(site())
        #expect(page.contains(#"data-site="units/a""#))
        #expect(page.contains(#"data-zone="Europe/London""#))
        #expect(page.contains("Rules of Gate: they stay there"))
        #expect(page.contains("Alert when average over 15 min is above 65 dB · 22:00–07:00 Fri"))
        #expect(page.contains("but for 1 date"))
        #expect(page.contains("warning at 60 dB"))
        #expect(page.contains("all clear"))
    }

    @Test func `has a unit's own rules while it is nowhere`() async throws {
        let page = try await page(site(), unit: "b-2")
        #expect(page.contains("Rules of this meter"))
        #expect(page.contains("No rules yet"))
        #expect(!page.contains(#"data-rule="night""#))
    }

    @Test func `shows what is active, red only for a limit`() async throws {
        let site = site()
        var event = SoundEvent.sample()
        event.level = .alarm
        site.books.set([event])
        var page = try await page(site)
        #expect(page.contains(#"id="alerts-badge" data-look="above""#))
        #expect(page.contains("1 active"))
        #expect(page.contains("Active since 16:00"))
        event.level = .warning
        site.books.set([event])
        page = try await self.page(site)
        #expect(page.contains(#"id="alerts-badge" data-look="delayed""#))
    }

    @Test func `asks for what is active only, of this unit`() async throws {
        let site = site()
        _ = try await page(site)
        let asked = try #require(site.books.asked.first)
        #expect(asked.status == .active && asked.unit == "a" && asked.limit == 1)
    }

    @Test(arguments: [(AccessToken.Scope.viewer, false), (.operator, true), (.admin, true)])
    func `is changed by operators only`(scope: AccessToken.Scope, mayChange: Bool) async throws {
        let page = try await page(site(scope))
        #expect(page.contains(#"id="rule-add""#) == mayChange)
        #expect(page.contains("<dialog") == mayChange)
        #expect(page.contains(#"data-edit="night""#) == mayChange)
        #expect(page.contains("takes the scope operator.") == !mayChange)
    }

    @Test func `never shows a rule's name as markup`() async throws {
        let site = site()
        var rule = SoundEvent.sample().rule!
        rule.name = #""><script>alert(1)</script>"#
        site.books.change { $0.put(rule) }
        #expect(!(try await page(site)).contains("<script>alert"))
    }

    @Test func `is that of a location, too`() async throws {
        let view = try await site().sources.alerts(ofLocation: "gate", scope: .viewer)
        #expect(view.context["site"] as? String == "locations/gate")
        #expect(view.rules.map(\.id) == ["night"] && view.timeZone == "Europe/London")
    }
}
