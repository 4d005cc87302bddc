#!/usr/bin/env bash
# Tests the dashboard in headless Chromium. Screenshots stay in .build/dashboard.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$root/tools/lib/packages.sh"
source "$root/tools/lib/node.sh"

need_packages python3 chromium
start_node
say "the dashboard in a browser"
timeout --kill-after=10 180 python3 "$root/tools/lib/dashboard_test.py" \
    "$(command -v chromium)" "$data_port" "$management_port" "$root/.build/dashboard"
end_node
