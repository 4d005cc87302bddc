#!/usr/bin/env bash
# Tests tools/package with the programs that are built for the tests: makes the package, unpacks it, runs
# and reads what is in it.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$root/tools/lib/packages.sh"

need_packages man-db
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
say "the Debian package"
"$root/tools/package" --programs "$(swift build --package-path "$root" --show-bin-path </dev/null)" \
    "$folder" >&2
package=$(echo "$folder"/dcs_*.deb)
dpkg-deb --extract "$package" "$folder/root"
dpkg-deb --control "$package" "$folder/control"

has() { [[ -s "$folder/root/$1" ]] || die "the package has no $1"; }
for program in dcs dcs-inspect; do
    "$folder/root/usr/bin/$program" --version >/dev/null || die "$program does not run"
    bash -n "$folder/root/usr/share/bash-completion/completions/$program"
    has "usr/share/zsh/vendor-completions/_$program"
    has "usr/share/fish/vendor_completions.d/$program.fish"
    page="$folder/root/usr/share/man/man1/$program.1.gz"
    # Roff's complaints would be on standard error.
    LC_ALL=C.UTF-8 MANWIDTH=100 man --warnings --local-file "$page" >"$folder/page" 2>"$folder/complaints"
    [[ ! -s "$folder/complaints" ]] || { cat "$folder/complaints" >&2; die "$program.1 is not clean"; }
    # Every command is in the page.
    while read -r command; do
        grep -q "$program $command" "$folder/page" || die "$program.1 has no $command"
    done < <("$folder/root/usr/bin/$program" --experimental-dump-help |
        python3 -c 'import json, sys
for command in json.load(sys.stdin)["command"]["subcommands"]:
    if command["commandName"] != "help": print(command["commandName"])')
done
for file in usr/lib/systemd/system/dcs.service usr/lib/sysusers.d/dcs.conf etc/dcs/config.toml \
    usr/share/doc/dcs/copyright; do has "$file"; done
grep -qx /etc/dcs/config.toml "$folder/control/conffiles"
grep -q '^Depends: .*libc6' "$folder/control/control" || die "the package depends on nothing"
for script in postinst prerm postrm; do
    [[ -x "$folder/control/$script" ]] && sh -n "$folder/control/$script" || die "$script is wrong"
done
[[ -z $(dpkg-deb --contents "$package" | awk '$2 != "root/root"') ]] || die "not all is root's"
# The file of settings is one that the program takes: it goes as far as to ask a port with no node.
answer=$(cd "$folder" && root/usr/bin/dcs health --config root/etc/dcs/config.toml \
    --set metrics_port=1 2>&1) || true
[[ $answer == *"no answer from http://127.0.0.1:1"* ]] ||
    die "dcs does not take the package's config.toml: $answer"
say "the package holds what it should"
