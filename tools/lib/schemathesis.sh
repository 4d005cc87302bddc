#!/usr/bin/env bash
# Tests both ports against their own OpenAPI documents with schemathesis: every check, random requests.
# The program is the one that is built; `DCS_SEED` repeats a run, `DCS_EXAMPLES` sets its length.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$root/tools/lib/packages.sh"
source "$root/tools/lib/node.sh"

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

# Tests the port whose name and number are given; but for the stream of events, which does not end.
# One worker: parsing Python in two threads at once may fail (CPython issue 106905), and the tool does.
test_port() {
    say "schemathesis on the $1 port, $examples examples for each operation, seed $seed"
    "$tools/bin/schemathesis" --config-file "$root/tools/lib/schemathesis.toml" run \
        "http://127.0.0.1:$2/openapi.json" --checks all --max-examples "$examples" \
        --exclude-operation-id followEvents --seed "$seed" --workers 1 --no-color --warnings off </dev/null >"$folder/report" 2>&1 || {
        cat "$folder/report"
        die "schemathesis found failures on the $1 port; repeat with DCS_SEED=$seed"
    }
    grep -A3 '^Test cases:' "$folder/report"
}

need_packages python3 python3-venv
install_schemathesis
start_node
cd "$folder"
test_port data "$data_port"
test_port management "$management_port"
end_node
