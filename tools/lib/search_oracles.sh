#!/usr/bin/env bash
# Compares full-text search with SQLite's FTS5 and with bm25s on random queries. The program is the
# one that is built; `DCS_QUERIES` sets how many, `DCS_SEED` repeats a run.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$root/tools/lib/packages.sh"
source "$root/tools/lib/search_python.sh"

python=$(search_python)
program="$(swift build --package-path "$root" --show-bin-path </dev/null)/dcs-bench"
exec "$python" "$root/tools/lib/search_oracles.py" "$program" "${DCS_QUERIES:-10000}"
