// Fuzzes the JSON reader and writer. Built by Fuzz/build.sh together with the codec's own sources.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    FuzzChecks.json(UnsafeRawBufferPointer(start: data, count: size))
    return 0
}
