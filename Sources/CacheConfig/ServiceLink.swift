/// Variables that Kubernetes adds to every pod for a Service named `dcs`.
///
/// They begin like ours and mean something else, so they are passed over, not refused.
enum ServiceLink {
    static func isOne(_ name: String, _ value: String) -> Bool {
        if name == "DCS_SERVICE_HOST" || name.hasPrefix("DCS_SERVICE_PORT") { return true }
        guard name.hasPrefix("DCS_PORT") else { return false }
        return name.hasPrefix("DCS_PORT_") || value.hasPrefix("tcp://") || value.hasPrefix("udp://")
    }
}
