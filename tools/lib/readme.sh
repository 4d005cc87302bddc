#!/usr/bin/env bash
# Types the sessions of README.md into a shell, against a node of its own.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$root/tools/lib/packages.sh"
source "$root/tools/lib/node.sh"

need_packages curl python3
# The commands for a terminal outside of the sessions: each is a program of this folder.
while read -r command; do
    [[ -x "$root/$command" ]] || die "README.md names $command, which cannot be run"
done < <(grep -ohE '^tools/[a-z]+' "$root/README.md")
start_node
timeout --kill-after=10 120 python3 "$root/tools/lib/readme_test.py" "$root/README.md" \
    "$data_port" "$management_port"
end_node
