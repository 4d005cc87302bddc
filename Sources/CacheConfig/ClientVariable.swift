/// Variables of the client commands, which a node's environment may hold too.
///
/// They begin like settings and are none, so they are passed over, not refused.
package enum ClientVariable: String, CaseIterable, Sendable {
    case url = "DCS_URL"
    case managementURL = "DCS_MANAGEMENT_URL"
    case token = "DCS_TOKEN"
    case tokenFile = "DCS_TOKEN_FILE"
    case ca = "DCS_CA"
}
