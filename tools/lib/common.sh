# What the tools share. Sourced by bash scripts, which set `set -euo pipefail` themselves.

# The project's folder, whatever the current one is.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
die() { say "$*"; exit 1; }

need_swift() {
    command -v swift >/dev/null ||
        die "no Swift toolchain in PATH; install Swift 6.1 or newer from https://www.swift.org/install"
}
