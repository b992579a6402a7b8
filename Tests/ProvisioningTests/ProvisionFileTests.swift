//  ProvisionFileTests.swift · ProvisioningTests

import Monitoring
import Testing

@testable import Provisioning

/// The sentences about a file when nothing is configured.
func sentences(_ json: String, over roster: Roster = Roster()) -> [String] {
    do {
        _ = try ProvisionPlan(
            try ProvisionFile(json: Array(json.utf8)), over: roster, secrets: .some)
        return []
    } catch {
        return error.sentences
    }
}

@Suite struct `A provisioning file` {
    @Test func `is read with all its sections`() throws {
        let file = try ProvisionFile(json: Array(FullFile.text.utf8))
        #expect(sentences(FullFile.text) == [])
        #expect(file.counts.allSatisfy { $0.count == 1 } && file.counts.count == 8)
        let rule = try #require(file.rules.items.first?.value)
        #expect(
            rule
                == AlertRule(
                    id: "r1", site: .location("loc-a1"), name: "Night noise", thresholdTenths: 650,
                    schedule: Schedule(startMinute: 1320, endMinute: 420)))
    }

    // What stands in the full file, what stands there instead, and what is said.
    @Test(arguments: [
        (#""id": "north""#, #""id": "no rth""#, #"upstreams[0].id is "no rth". Give an id: 1 to 64"#),
        ("http://127.0.0.1:8100", "https://slmm", #"upstreams[0].url is "https://slmm". Give sch"#),
        ("http://127.0.0.1:8100", "http://slmm/a", #"upstreams[0].url is "http://slmm/a". Give s"#),
        (#", "url": "http://127.0.0.1:8100""#, "", "upstreams[0].url is missing. Give scheme, ho"),
        (#""id": "NL43-0001""#, #""id": "NL 43""#, #"units[0].id is "NL 43". Give 1 to 64 of"#),
        (#""upstream": "north""#, #""upstream": 5"#, "units[0].upstream is 5. Give an id: 1 to 64"),
        (#""upstream": "north""#, #""upstream": "south""#, #"units[0].upstream is "south", which "#),
        (#""ln1_percent": 1,"#, #""ln1_percent": 100,"#, "units[0].ln1_percent is 100. Give a num"),
        (#""ln1_percent": 1,"#, #""ln1_percent": 0,"#, "units[0].ln1_percent is 0. Give a number "),
        (#""ln2_percent": 10"#, #""ln2_percent": 1.25"#, "units[0].ln2_percent is 1.25. Give a nu"),
        (#""ln2_percent": 10"#, #""ln2_percent": true"#, "units[0].ln2_percent is true. Give a nu"),
        (#""A""#, #""B""#, #"units[0].frequency_weighting is "B". Give A, C or Z."#),
        (#""F""#, #""f""#, #"units[0].time_weighting is "f". Give F, S or I."#),
        (#""auto""#, #""fast""#, #"units[0].rate is "fast". Give auto, full or idle."#),
        ("frequency_w", "freqency_w", "units[0].freqency_weighting is not known; did you mean f"),
        (#""units""#, #""uints""#, "uints is not known; did you mean units?"),
        (#""rate": "auto""#, #""colour": 1"#, "units[0].colour is not known. Known here: frequ"),
        (#""name": "Alpha Homes""#, #""name": """#, #"clients[0].name is "". Give a text of 1 to"#),
        (#""name": "Alpha Homes""#, #""name": "a\nb""#, "clients[0].name is \"a\nb\". Give a t"),
        (#"er", "client": "alpha""#, #"er", "client": "b""#, #"projects[0].client is "b", which "#),
        (#""active", "time_zone""#, #""open", "time_zone""#, #"projects[0].status is "open". Give "#),
        ("Europe/London", "Europe/Lundon", #"projects[0].time_zone is "Europe/Lundon". Give a n"#),
        ("Europe/London", "EST", #"projects[0].time_zone is "EST". Give a name of the time zone"#),
        (#""project": "p1""#, #""project": "p2""#, #"locations[0].project is "p2", which is not "#),
        (#""sound""#, #""dust""#, #"locations[0].kind is "dust". Give sound or vibration."#),
        ("51.5", "91", "locations[0].latitude is 91. Give a number from -90 to 90."),
        ("-0.02", "null", "locations[0].longitude is missing beside the other one. Give both or"),
        (#"{"location": "loc-a1", "unit""#, #"{"location": "x", "unit""#, "assignments[0].locati"),
        (#""unit": "NL43-0001""#, #""unit": "u""#, #"assignments[0].unit is "u", which is not kn"#),
        ("2026-01-01T00:00:00Z", "2026-01-01", #"assignments[0].from is "2026-01-01". Give a time"#),
        (#""to": null"#, #""to": "2026-01-01T00:00:00Z""#, "assignments[0].to is 2026-01-01T00:0"),
        (#""id": "r1", "location": "loc-a1""#, #""id": "r1""#, "rules[0].location and unit: give"),
        (#""id": "r1","#, #""id": "r1", "unit": "NL43-0001","#, "rules[0].location and unit: gi"),
        (#""laeq""#, #""leqa""#, #"rules[0].metric is "leqa". Give laeq, lp, lmax, leq, lmin, "#),
        (#""laeq""#, #""lp""#, "rules[0].averaging is for laeq only, and metric is lp. Leave it"),
        (#""clock""#, #""hourly""#, #"rules[0].averaging.mode is "hourly". Give clock, window or "#),
        ("900", "7000", "rules[0].averaging.seconds is 7000, into which a day cannot be divided"),
        ("900", "59", "rules[0].averaging.seconds is 59. Give a whole number from 60 to 86400."),
        ("\"above\"", "\"over\"", #"rules[0].comparison is "over". Give above or below."#),
        (": 65,", ": 201,", "rules[0].threshold_db is 201. Give a number from -50 to 200 with at"),
        (": 65,", #": 65, "warning_db": 65,"#, "rules[0].warning_db is 65 and comes no sooner th"),
        (": 65,", #": 65, "duration_s": 86401,"#, "rules[0].duration_s is 86401. Give a whole n"),
        (": 65,", #": 65, "duration_s": 1.5,"#, "rules[0].duration_s is 1.5. Give a whole numbe"),
        (": 65,", #": 65, "clear_margin_db": 51,"#, "rules[0].clear_margin_db is 51. Give a numb"),
        (": 65,", #": 65, "cooldown_s": -1,"#, "rules[0].cooldown_s is -1. Give a whole number "),
        ("22:00", "25:00", #"rules[0].schedule.start is "25:00". Give a time of day like 22:00."#),
        (#"["mon","tue","wed","thu","fri","sat","sun"]"#, "[]", "rules[0].schedule.days is a lis"),
        (#""wed""#, #""mon""#, "rules[0].schedule.days is a list. Give a list, each mon, tue"),
        (#""sun"]"#, #""sun"], "except_dates": ["2026-02-29"]"#, "rules[0].schedule.except_dates"),
        ("22:00", "24:00", #"rules[0].schedule.start is "24:00". Give a time of day like 22:00."#),
        (#""laeq""#, #""laeq", "recipients": "ops""#, #"rules[0].recipients is "ops". Give a list"#),
        (#""laeq""#, #""laeq", "recipients": ["x"]"#, #"rules[0].recipients is "x", which is not"#),
        (#""laeq""#, #""laeq", "gap_s": 86401"#, "rules[0].gap_s is 86401. Give a whole number f"),
        (#""laeq""#, #""laeq", "colour": 1"#, "rules[0].colour is not known. Known here: averag"),
        (#""seconds""#, #""secs""#, "rules[0].averaging.secs is not known"),
        (#""Europe/London""#, #""UTC", "monitoring_hours": {"start": "8"}"#, "projects[0].monitori"),
        (#"{"client": "alpha""#, #"{"client": "beta""#, #"links[0].client is "beta", which is n"#),
        ("tok-alpha-0123456789abcdef0123456789abcdef", "short-secret", "links[0].token cannot be"),
        (#""one_time": false"#, #""one_time": 0"#, "links[0].one_time is 0. Give true or false."),
        (#"[{"id": "alpha", "name": "Alpha Homes"}]"#, "5", "clients is 5. Give a list of object"),
        (#"{"id": "alpha", "name": "Alpha Homes"}"#, "[]", "clients[0] is a list. Give an object"),
    ])
    func `is told what is wrong, where, and what to give`(
        part: String, other: String, sentence: String
    ) {
        let said = sentences(FullFile.with(part, as: other))
        #expect(said.contains { $0.hasPrefix(sentence) }, "\(said)")
        #expect(!said.contains { $0.contains("short-secret") })
    }

    @Test(arguments: [
        ("", "The file is not JSON"), (#"{"units":[}"#, "The file is not JSON"),
        ("[]", "The file is a list. Give an object"), ("5", "The file is 5. Give an object"),
        (#"{"units":[],"units":[]}"#, "units is given twice"),
        (#"{"units":[{"id":"a"},{"id":"b","x":{"y":[1,{"z":1,"z":2}]}}]}"#, "units[1].x.y[1].z is g"),
        (#"{"units":[{"id":"a","\u0069d":"b"}]}"#, "units[0].id is given twice"),
        (#"{"a\"b":1,"a\"b":2}"#, #"a"b is given twice"#),
        ("{\"units\":[]}\u{0}", "The file is not UTF-8"),
    ])
    func `is refused whole when it cannot be understood`(json: String, sentence: String) {
        let said = sentences(json)
        #expect(said.count == 1 && said[0].hasPrefix(sentence), "\(said)")
    }

    @Test func `may have the same text in different places`() {
        #expect(sentences(#"{"units":[],"clients":[{"id":"units","name":"id"}]}"#) == [])
        #expect(sentences(#"{"clients":[{"id":"a","name":"a"},{"id":"b","name":"a"}]}"#) == [])
    }

    @Test func `is told of everything at once, of twenty things at most`() throws {
        let unit = #"{"id":"a b","upstream":5,"rate":1}"#
        let units = Array(repeating: unit, count: 10).joined(separator: ",")
        do {
            let file = try ProvisionFile(json: Array("{\"units\":[\(units)]}".utf8))
            _ = try ProvisionPlan(file, over: Roster(), secrets: .some)
            Issue.record("it was accepted")
        } catch {
            #expect(error.count == 30 && error.sentences.count == 20)
        }
    }

    @Test func `is not told of one mistake twice`() {
        let said = sentences(FullFile.with("http://127.0.0.1:8100", as: "ftp://x"))
        #expect(said.count == 1, "\(said)")
    }

    // Slips: left out, put in, mistaken, exchanged.
    @Test(arguments: [
        ("rate", "rate", 0), ("rat", "rate", 1), ("raate", "rate", 1), ("rite", "rate", 1),
        ("rtae", "rate", 1), ("freqency_wieghting", "frequency_weighting", 2), ("", "ab", 2),
    ])
    func `has its slips counted`(word: String, meant: String, count: Int) {
        #expect(Spelling.slips(from: word, to: meant) == count)
        #expect(Spelling.slips(from: meant, to: word) == count)
    }
}
