//  ProvisionPlanTests.swift · ProvisioningTests

import Monitoring
import Testing

@testable import Provisioning

private func plan(_ json: String, over roster: Roster) throws -> ProvisionPlan {
    try ProvisionPlan(try ProvisionFile(json: Array(json.utf8)), over: roster, secrets: .some)
}

private func unit(_ id: String, _ upstream: String, _ name: String) -> Unit {
    Unit(id: UnitID(id)!, upstream: upstream, upstreamUnit: name)
}

private func roster(_ upstreams: [Upstream], _ units: [Unit], removed: [Unit] = []) -> Roster {
    Roster(
        upstreams: Dictionary(uniqueKeysWithValues: upstreams.map { ($0.id, $0) }),
        units: Dictionary(uniqueKeysWithValues: units.map { ($0.id, $0) }),
        removed: Dictionary(uniqueKeysWithValues: removed.map { ($0.id, $0) }))
}

@Suite struct `A provisioning plan` {
    private let north = Upstream(id: "north", url: "http://10.0.0.1:8100")

    @Test func `creates what is new, and changes nothing the second time`() throws {
        let json = """
            {"upstreams": [{"id": "north", "url": "HTTP://SLMM/"}],
             "units": [{"id": "a", "upstream": "north", "upstream_unit": "NL43", "ln1_percent": 5.5,
                        "time_weighting": "I", "rate": "full"},
                       {"id": "b", "upstream": "north"}]}
            """
        let first = try plan(json, over: Roster())
        #expect(first.roster.upstreams["north"]?.url == "http://slmm:80")
        var a = unit("a", "north", "NL43")
        a.ln1Percent = 5.5
        a.timeWeighting = "I"
        a.rate = .full
        #expect(first.roster.units.values.sorted { $0.id < $1.id } == [a, unit("b", "north", "b")])
        #expect(first["upstreams"] == .init(created: 1) && first["units"] == .init(created: 2))
        #expect(first.changedCount == 3)
        let second = try plan(json, over: first.roster)
        #expect(second.roster == first.roster && second.changedCount == 0)
        #expect(second["units"] == .init(unchanged: 2) && second["upstreams"] == .init(unchanged: 1))
    }

    @Test func `leaves what a file leaves out, and takes away what it says is null`() throws {
        var known = unit("a", "north", "NL43")
        known.ln1Percent = 1
        known.ln2Percent = 10
        known.frequencyWeighting = "A"
        known.rate = .full
        let other = unit("b", "north", "b")
        let result = try plan(
            """
            {"units": [{"id": "a", "upstream": "north", "ln1_percent": null, "time_weighting": "S",
                        "rate": null}]}
            """, over: roster([north], [known, other]))
        known.ln1Percent = nil
        known.timeWeighting = "S"
        known.rate = .auto
        #expect(result.roster == roster([north], [known, other]))
        #expect(result["units"] == .init(changed: 1))
    }

    @Test func `moves the units of an upstream that was given by its URL to the one provisioned`()
        throws
    {
        let flag = "10.0.0.1:8100"
        var known = unit("a", flag, "a")
        known.ln1Percent = 1
        let elsewhere = unit("c", "10.0.0.1:8101", "c")
        let result = try plan(
            #"{"upstreams": [{"id": "north", "url": "http://10.0.0.1:8100"}]}"#,
            over: roster([], [known, elsewhere], removed: [unit("x", flag, "x")]))
        known.upstream = "north"
        #expect(
            result.roster
                == roster([north], [known, elsewhere], removed: [unit("x", "north", "x")]))
        #expect(result["units"] == .init(changed: 1) && result["upstreams"] == .init(created: 1))
        // In the same file, the unit may be set too.
        let both = try plan(
            """
            {"upstreams": [{"id": "north", "url": "http://10.0.0.1:8100"}],
             "units": [{"id": "a", "upstream": "north", "ln1_percent": 2}]}
            """, over: roster([], [known]))
        #expect(both.roster.units[UnitID("a")!]?.ln1Percent == 2)
    }

    @Test func `moves no unit that its new upstream has already`() throws {
        let units = [unit("a", "north", "NL43"), unit("a@h", "10.0.0.2:80", "NL43")]
        let result = try plan(
            #"{"upstreams": [{"id": "north", "url": "http://10.0.0.2"}]}"#,
            over: roster([north], units))
        #expect(result.roster.units == roster([], units).units)
        #expect(result["upstreams"] == .init(changed: 1))
    }

    @Test func `knows units that were adopted, under their upstream's id too`() throws {
        let adopted = unit("a", "10.0.0.1:8100", "a")
        let result = try plan(
            #"{"units": [{"id": "a", "upstream": "10.0.0.1:8100", "rate": "idle"}]}"#,
            over: roster([], [adopted]))
        #expect(result.roster.units[adopted.id]?.rate == .idle)
    }

    @Test func `brings a removed unit back`() throws {
        let gone = unit("a", "north", "NL43")
        let result = try plan(
            #"{"units": [{"id": "a", "upstream": "north"}]}"#,
            over: roster([north], [], removed: [gone]))
        #expect(result.roster == roster([north], [gone]))
        #expect(result["units"] == .init(created: 1))
    }

    @Test func `lets two units swap their names`() throws {
        let result = try plan(
            """
            {"units": [{"id": "a", "upstream": "north", "upstream_unit": "b"},
                       {"id": "b", "upstream": "north", "upstream_unit": "a"}]}
            """, over: roster([north], [unit("a", "north", "a"), unit("b", "north", "b")]))
        #expect(result["units"] == .init(changed: 2))
    }

    @Test(arguments: [
        (
            #"{"units": [{"id": "x", "upstream": "north", "upstream_unit": "NL43"}]}"#,
            #"units[0] is "NL43" of "north", which is already there under the id "a". Use that id."#
        ),
        (
            #"{"units": [{"id": "gone", "upstream": "north"}]}"#,
            #"units[0] is "gone" of "north", which is already there under the id "old" (removed)."#
        ),
        (
            """
            {"units": [{"id": "x", "upstream": "north"},
                       {"id": "y", "upstream": "north", "upstream_unit": "x"}]}
            """,
            #"units[1] is "x" of "north", which is already there under the id "x"."#
        ),
        (
            #"{"units": [{"id": "x@h", "upstream": "north"}]}"#,
            #"units[0].upstream_unit is missing: "x@h" is no name that an upstream has."#
        ),
        (
            #"{"upstreams": [{"id": "south", "url": "http://10.0.0.1:8100/"}]}"#,
            #"upstreams[0].url is "http://10.0.0.1:8100", where the upstream "north" is."#
        ),
        (
            #"{"upstreams": [{"id": "south", "url": "http://h"}, {"id": "s", "url": "http://h:80"}]}"#,
            #"upstreams[1].url is "http://h:80", where the upstream "south" is."#
        ),
        (
            #"{"units": [{"id": "x", "upstream": "south"}]}"#,
            #"units[0].upstream is "south", which is not known. Give the id of an upstream."#
        ),
    ])
    func `refuses what contradicts what is there`(json: String, sentence: String) {
        let present = roster(
            [north], [unit("a", "north", "NL43")], removed: [unit("old", "north", "gone")])
        let said = sentences(json, over: present)
        #expect(said.contains { $0.hasPrefix(sentence) }, "\(said)")
    }
}
