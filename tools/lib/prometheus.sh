#!/usr/bin/env bash
# Lets a real Prometheus scrape a node and load what is in deploy/: metrics, alerts, dashboard.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$root/tools/lib/packages.sh"
source "$root/tools/lib/node.sh"

# Starts Prometheus on a free port of its own and sets `prometheus`.
start_prometheus() {
    sed "s/localhost:9898/127.0.0.1:$management_port/; s/_interval: 15s/_interval: 1s/" \
        "$root/deploy/prometheus.yml" >"$folder/prometheus.yml"
    cp "$root/deploy/dcs.rules.yml" "$folder"
    prometheus_port=$(python3 -c 'import socket
with socket.socket() as listener:
    listener.bind(("127.0.0.1", 0))
    print(listener.getsockname()[1])')
    prometheus --config.file="$folder/prometheus.yml" --storage.tsdb.path="$folder/tsdb" \
        --web.listen-address="127.0.0.1:$prometheus_port" >"$folder/prometheus.log" 2>&1 &
    prometheus=$!
}

stop_all() {
    [[ -z "${prometheus:-}" ]] || ! kill "$prometheus" 2>/dev/null || wait "$prometheus" || true
    stop_node
}

need_packages prometheus curl python3
say "alerts and their cases"
(cd "$root/deploy" && promtool check config prometheus.yml && promtool test rules dcs.rules.test.yml) \
    >&2
start_node
trap stop_all EXIT
say "the metrics' form, on both ports"
for port in "$data_port" "$management_port"; do
    curl -sf "http://127.0.0.1:$port/metrics" | promtool check metrics
done
start_prometheus
say "a scrape"
timeout --kill-after=10 120 python3 "$root/tools/lib/prometheus_test.py" \
    "$data_port" "$prometheus_port" "$root/deploy" || {
    tail -20 "$folder/prometheus.log" >&2
    die "Prometheus did not see what it should"
}
end_node
