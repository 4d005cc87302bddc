# Debian packages that the tools need. Sourced after common.sh.

# What the build links.
build_packages=(liblz4-dev libstemmer-dev libzstd-dev zlib1g-dev)

# Installs those of the named packages that are missing; says so first. Nothing happens, and no
# rights are needed, where all are there.
need_packages() {
    local missing=() package
    command -v dpkg-query >/dev/null || {
        say "not a Debian machine: make sure that these are there: $*"
        return 0
    }
    for package in "$@"; do is_installed "$package" || missing+=("$package"); done
    ((${#missing[@]} == 0)) && return 0
    say "installing from the machine's own package sources: ${missing[*]}"
    # The index is asked for only where it is too old to find them.
    apt_get install -y --no-install-recommends "${missing[@]}" </dev/null >&2 || {
        refresh_package_index
        apt_get install -y --no-install-recommends "${missing[@]}" </dev/null >&2 ||
            die "could not install ${missing[*]}"
    }
}

refresh_package_index() {
    say "refreshing the package index"
    apt_get update </dev/null >&2 || die "apt-get update failed"
}

is_installed() {
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# apt-get as root, or through sudo.
apt_get() {
    if ((EUID == 0)); then
        DEBIAN_FRONTEND=noninteractive apt-get -q "$@"
    elif command -v sudo >/dev/null; then
        say "sudo apt-get $*"
        sudo DEBIAN_FRONTEND=noninteractive apt-get -q "$@"
    else
        die "neither root nor sudo; as root, run: apt-get $*"
    fi
}
