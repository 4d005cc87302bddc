#!/bin/sh
# Builds the fuzz targets into Fuzz/out: the codec's sources, which use nothing but the system
# library and CacheBase, as one module with the target. Then, for example:
#   Fuzz/out/request_parser -max_len=4096 Fuzz/corpus/request
# An input that stops it belongs into the corpus, which a test replays.
set -eu
cd "$(dirname "$0")/.."
mkdir -p Fuzz/out
swift build --target CacheBase
products=$(swift build --show-bin-path)
package=$(basename "$PWD" | tr '[:upper:]' '[:lower:]')
for target in request_parser json_reader; do
    swiftc -O -enforce-exclusivity=checked -sanitize=fuzzer,address -parse-as-library \
        -swift-version 6 -package-name "$package" -module-name Fuzz -D FUZZ -I "$products/Modules" \
        -Xcc -fmodule-map-file="$products/CShims.build/module.modulemap" \
        Sources/CacheHTTP/Codec/*.swift Sources/CacheHTTP/JSON/*.swift \
        Sources/CacheHTTP/HTTPLimits.swift Sources/CacheHTTP/Answers/ByteCursor.swift \
        Tests/CacheHTTPTests/Support/FuzzChecks.swift Fuzz/$target.swift \
        "$products"/CacheBase.build/*.o "$products"/CShims.build/*.o \
        -o Fuzz/out/$target
done
