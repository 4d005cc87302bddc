#!/usr/bin/env bash
# Builds the fuzzers into Fuzz/out; tools/fuzz builds and runs them.
#
#   Fuzz/build.sh disk | http | settings | tokens | search …
#
# Each is one program for several targets, of which DCS_FUZZ_TARGET names one. The modules are
# compiled here by themselves, with the instruments of the fuzzer and the sanitizer and with every
# assertion: what SwiftPM builds, and with it every program that is shipped, has nothing of it.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/lib/common.sh"
cd "$root"
out=Fuzz/out
mkdir -p "$out"

flags=(
    -O -assert-config Debug -enforce-exclusivity=checked -sanitize=fuzzer,address
    -swift-version 6 -enable-upcoming-feature ExistentialAny
    -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility
    -parse-as-library -package-name dcs -I "$out" -Xcc "-fmodule-map-file=$out/CShims.modulemap"
    -Xcc "-fmodule-map-file=$root/Sources/CStemmer/module.modulemap"
)

# The C shims, and the map by which Swift finds them.
shims() {
    printf 'module CShims { umbrella header "%s/Sources/CShims/include/CShims.h" export * }\n' \
        "$root" >"$out/CShims.modulemap"
    local file
    for file in Sources/CShims/*.c; do
        clang -O2 -fsanitize=fuzzer-no-link,address -I Sources/CShims/include -c "$file" \
            -o "$out/$(basename "$file" .c).o"
    done
}

# Compiles modules, each after those that it imports.
modules() {
    local name
    for name in "$@"; do
        [[ " $built " == *" $name "* ]] && continue
        say "module $name"
        find "Sources/$name" -name '*.swift' -print0 | sort -z |
            xargs -0 swiftc "${flags[@]}" -wmo -enable-testing -module-name "$name" \
                -emit-module -emit-module-path "$out/$name.swiftmodule" -c -o "$out/$name.o"
        built+=" $name"
    done
}
built=""

# Links a fuzzer: its sources, which are one module, with the modules compiled before.
fuzzer() {
    local name=$1 module objects=("$out"/{checksum,compression,linux_calls}.o)
    shift
    say "fuzzer $name"
    for module in $built; do objects+=("$out/$module.o"); done
    swiftc "${flags[@]}" -D FUZZ -wmo -module-name Fuzz Fuzz/entry.swift "$@" "${objects[@]}" \
        -use-ld=lld -llz4 -lzstd -lstemmer -o "$out/$name"
}

# What reads files.
disk() {
    modules CacheBase CacheFormat CacheFiles CacheEngine CacheSearch CacheInspect CacheProof
    fuzzer disk Fuzz/disk.swift
}

# What reads queries and values.
search() {
    modules CacheBase CacheFormat CacheFiles CacheSearch
    fuzzer search Tests/CacheSearchTests/{NaiveSearch,Support/FuzzChecks}.swift
}

# What reads settings.
settings() {
    modules CacheBase CacheConfig
    fuzzer settings Tests/CacheConfigTests/Support/FuzzChecks.swift
}

# The codec of the data port, of which nothing but CacheBase is needed.
http() {
    modules CacheBase
    fuzzer http Sources/CacheHTTP/{Codec,JSON}/*.swift Sources/CacheHTTP/HTTPLimits.swift \
        Sources/CacheHTTP/Answers/ByteCursor.swift Tests/CacheHTTPTests/Support/FuzzChecks*.swift
}

# What reads tokens and keys; swift-crypto comes from SwiftPM's build, without instruments.
tokens() {
    modules CacheBase CacheConfig
    say "swift-crypto"
    swift build --target CryptoExtras >&2
    local products crypto
    products=$(swift build --show-bin-path)
    mapfile -d '' -t crypto < <(find "$products"/{Crypto,CryptoExtras,CryptoBoringWrapper}.build \
        "$products"/{CCryptoBoringSSL,CCryptoBoringSSLShims,CXKCP,CXKCPShims,SwiftASN1}.build \
        -name '*.o' -print0)
    fuzzer tokens -I "$products/Modules" Sources/CacheSecurity/{Access,Tokens}/*.swift \
        Sources/CacheSecurity/Keys/{KeySet,PublishedKey}.swift \
        Sources/CacheSecurity/{AuthenticationFailure,BearerField,SecurityLimits}.swift \
        Tests/CacheSecurityTests/Support/FuzzChecks.swift "${crypto[@]}"
}

shims
for program in "${@:-}"; do
    case "$program" in
        disk | http | settings | tokens | search) "$program" ;;
        *) die "usage: Fuzz/build.sh disk | http | settings | tokens | search …" ;;
    esac
done
