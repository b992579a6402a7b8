//  FullFile.swift · ProvisioningTests

/// A file with each section, as the documentation shows it; tests change a part of it.
enum FullFile {
    static let text = """
        {
          "upstreams": [{"id": "north", "url": "http://127.0.0.1:8100"}],
          "units": [{"id": "NL43-0001", "upstream": "north", "ln1_percent": 1, "ln2_percent": 10,
                     "frequency_weighting": "A", "time_weighting": "F", "rate": "auto"}],
          "clients": [{"id": "alpha", "name": "Alpha Homes"}],
          "projects": [{"id": "p1", "name": "Harbour Quarter", "client": "alpha",
                        "status": "active", "time_zone": "Europe/London"}],
          "locations": [{"id": "loc-a1", "project": "p1", "name": "North gate", "kind": "sound",
                         "latitude": 51.5, "longitude": -0.02, "status": "active"}],
          "assignments": [{"location": "loc-a1", "unit": "NL43-0001",
                           "from": "2026-01-01T00:00:00Z", "to": null}],
          "rules": [{"id": "r1", "location": "loc-a1", "name": "Night noise", "metric": "laeq",
                     "averaging": {"mode": "clock", "seconds": 900}, "comparison": "above",
                     "threshold_db": 65, "schedule": {"start": "22:00", "end": "07:00",
                     "days": ["mon","tue","wed","thu","fri","sat","sun"]}}],
          "links": [{"client": "alpha", "label": "Alpha site office",
                     "token": "tok-alpha-0123456789abcdef0123456789abcdef", "expires": null,
                     "one_time": false, "revoked": false}]
        }
        """

    /// With `part`, which must be in it once, as `other`.
    static func with(_ part: String, as other: String) -> String {
        let pieces = text.components(separatedBy: part)
        precondition(pieces.count == 2, "\(part) is there \(pieces.count - 1) times")
        return pieces.joined(separator: other)
    }
}

extension String {
    /// The texts between `separator`.
    fileprivate func components(separatedBy separator: String) -> [String] {
        var pieces: [String] = []
        var rest = self[...]
        while let found = rest.firstRange(of: separator) {
            pieces.append(String(rest[..<found.lowerBound]))
            rest = rest[found.upperBound...]
        }
        return pieces + [String(rest)]
    }
}
