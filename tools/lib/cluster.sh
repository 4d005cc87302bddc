#!/usr/bin/env bash
# A cluster of three programs with a real etcd, whose primary is killed under writes: nothing that was
# acknowledged is lost, and its keys take writes again in time.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$root/tools/lib/packages.sh"

need_packages python3 openssl etcd-server
program="$(swift build --package-path "$root" --show-bin-path)/dcs"
[[ -x $program ]] || swift build --package-path "$root" --product dcs >&2
exec timeout --kill-after=10 300 python3 "$root/tools/lib/cluster.py" "$program" 3 --entries 2000
