#!/usr/bin/env bash
# Tests what packages a node, as far as that is quick: the Dockerfile, deploy/k8s, deploy/systemd.
# tools/image builds and runs the image, tools/package makes the Debian package.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$root/tools/lib/packages.sh"

version=1.37.0
tools="$root/.build/kubernetes-validate"
# systemd's own judgement: 0 for what may do nothing, 10 for what may do everything, times 10.
exposure_max=20

# Installs kubernetes-validate into a folder of its own, once.
install_kubernetes_validate() {
    [[ -f "$tools/$version" ]] && return
    say "installing kubernetes-validate $version into .build"
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check \
        "kubernetes-validate==$version" pyyaml >&2
    touch "$tools/$version"
}

# The unit by systemd's own rules, with a program in the place where the package puts it.
check_unit() {
    local folder
    folder=$(mktemp -d)
    # Word for word but for the program and the user, which this machine does not have.
    sed "s|^ExecStart=/usr/bin/dcs |ExecStart=/bin/true |; /^User=/d; /^Group=/d; /^Documentation=/d" \
        "$root/deploy/systemd/dcs.service" >"$folder/dcs.service"
    systemd-analyze verify --man=no --recursive-errors=no "$folder/dcs.service" 2>"$folder/errors" &&
        ! grep dcs.service "$folder/errors" >&2 || die "systemd does not take the unit"
    systemd-analyze security --offline=true --threshold="$exposure_max" --no-pager \
        "$folder/dcs.service" >"$folder/report" ||
        { cat "$folder/report" >&2; die "the unit may do more than it should"; }
    tail -1 "$folder/report"
    rm -rf "$folder"
}

need_packages python3 python3-venv systemd
install_kubernetes_validate
say "Dockerfile, Kubernetes objects and unit against the settings"
"$tools/bin/python" "$root/tools/lib/packaging_test.py"
say "Kubernetes objects against their schemas"
"$tools/bin/python" "$root/tools/lib/kubernetes_validation.py"
say "the unit as systemd sees it"
check_unit
