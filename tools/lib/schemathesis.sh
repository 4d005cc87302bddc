#!/usr/bin/env bash
# Tests a server against its own OpenAPI document with schemathesis: every check, random requests.
# The program is the one that is built; `DCS_SEED` repeats a run, `DCS_EXAMPLES` sets its length.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$root/tools/lib/packages.sh"

version=4.32.5
tools="$root/.build/schemathesis"
seed=${DCS_SEED:-20240229}
examples=${DCS_EXAMPLES:-50}

# Installs schemathesis into a folder of its own, once.
install_schemathesis() {
    [[ -f "$tools/$version" ]] && return
    say "installing schemathesis $version into .build"
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version" >&2
    touch "$tools/$version"
}

# Starts the server on a free port and sets `server` to its process.
start_server() {
    local program=$1
    (cd "$folder" && exec env -i "$program" serve --data-dir "$folder/data" \
        --listen 127.0.0.1:0 --metrics-port 0 >"$folder/log" 2>&1) &
    server=$!
    for _ in $(seq 300); do
        [[ -s "$folder/data/dcs.ports.json" ]] && return
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    cat "$folder/log" >&2
    die "the server did not start"
}

stop_server() {
    [[ -z "$server" ]] || ! kill "$server" 2>/dev/null || wait "$server" || true
    rm -rf "$folder"
}

need_packages python3 python3-venv
install_schemathesis
server=
folder=$(mktemp -d)
trap stop_server EXIT
start_server "$(swift build --package-path "$root" --show-bin-path </dev/null)/dcs"
port=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["data"])' \
    "$folder/data/dcs.ports.json")
say "schemathesis, $examples examples for each operation, seed $seed"
cd "$folder"
"$tools/bin/schemathesis" --config-file "$root/tools/lib/schemathesis.toml" run \
    "http://127.0.0.1:$port/openapi.json" --checks all --max-examples "$examples" \
    --seed "$seed" --workers 2 --no-color --warnings off </dev/null >"$folder/report" 2>&1 || {
    cat "$folder/report"
    die "schemathesis found failures; repeat with DCS_SEED=$seed"
}
grep -A3 '^Test cases:' "$folder/report"
# What was asked must not have ended the server.
kill "$server"
wait "$server" || die "the server ended with $? after SIGTERM"
server=
