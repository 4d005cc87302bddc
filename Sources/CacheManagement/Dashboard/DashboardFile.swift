internal import Hummingbird

/// The files of the dashboard, which are part of the program.
enum DashboardFile: String, CaseIterable {
    case page = "/"
    case style = "/dashboard.css"
    case icon = "/dashboard.svg"
    case script = "/dashboard.js"
    case browse = "/browse.js"
    case chart = "/chart.js"
    case format = "/format.js"
    case node = "/node.js"
    case samples = "/samples.js"

    init?(path: String) { self.init(rawValue: path) }

    private var type: String {
        switch self {
        case .page: "text/html; charset=utf-8"
        case .style: "text/css; charset=utf-8"
        case .icon: "image/svg+xml"
        case .script, .browse, .chart, .format, .node, .samples: "text/javascript; charset=utf-8"
        }
    }

    private var bytes: [UInt8] {
        switch self {
        case .page: PackageResources.dashboard_html
        case .style: PackageResources.dashboard_css
        case .icon: PackageResources.dashboard_svg
        case .script: PackageResources.dashboard_js
        case .browse: PackageResources.browse_js
        case .chart: PackageResources.chart_js
        case .format: PackageResources.format_js
        case .node: PackageResources.node_js
        case .samples: PackageResources.samples_js
        }
    }

    var response: Response { Response(status: 200, [("Content-Type", type)], bytes) }
}
