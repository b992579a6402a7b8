//  AuditWords.swift · Serve

import Monitoring

extension AuditEntry {
    /// What was done, for people; the action as it stands where nobody has found words for it.
    var words: String {
        if action == "POST /sign-in" { return status == 401 ? "Sign-in failed" : "Signed in" }
        return AuditEntry.words[action] ?? action
    }

    private static let words = [
        "POST /sign-out": "Signed out",
        "POST /api/operators": "Added an operator",
        "PUT /api/operators/{operator}": "Changed an operator",
        "DELETE /api/operators/{operator}": "Removed an operator",
        "POST /api/tokens": "Created an API token",
        "DELETE /api/tokens/{token}": "Revoked an API token",
        "operator add": "Added an operator",
        "operator remove": "Removed an operator",
        "token create": "Created an API token",
        "token revoke": "Revoked an API token",
        "POST /api/events/{event}/ack": "Acknowledged an event",
        "POST /api/events/{event}/comments": "Commented on an event",
        "POST /api/locations/{location}/rules": "Made a rule",
        "POST /api/units/{unit}/rules": "Made a rule",
        "PUT /api/rules/{rule}": "Changed a rule",
        "DELETE /api/rules/{rule}": "Deleted a rule",
        "PUT /api/units/{unit}": "Changed a unit",
        "DELETE /api/units/{unit}": "Removed a unit",
        "DELETE /api/units/{unit}/history": "Deleted readings",
        "POST /api/recipients": "Added a recipient",
        "PUT /api/recipients/{recipient}": "Changed a recipient",
        "DELETE /api/recipients/{recipient}": "Removed a recipient",
        "POST /api/recipients/{recipient}/test": "Tested a recipient",
        "POST /api/import": "Imported readings",
        "POST /projects/{project}/portal-link": "Made a client link",
        "POST /projects/{project}/portal-link/{link}/revoke": "Revoked a client link",
        "POST /api/links/revoke": "Revoked a client link",
        "POST /projects/{project}/portal-preview": "Opened the client portal",
    ]
}
