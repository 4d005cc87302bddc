#!/usr/bin/env bash
# Runs the tests that need an etcd, with Debian's: its contract, and members of a cluster over it.
# The tests are built already. Each test starts an etcd of its own on free ports and ends it.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$root/tools/lib/packages.sh"

need_packages etcd-server openssl
etcd=$(command -v etcd) || die "etcd is installed, and not in PATH"
cd "$root"
DCS_TEST_ETCD=$etcd timeout --kill-after=10 10m swift test --skip-build --filter CacheEtcdTests \
    </dev/null
