// Fuzzes the head parser and the chunked decoder. The first byte chooses where the input is split;
// the rest is what a client sends. Built by Fuzz/build.sh together with the codec's own sources.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRequest(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    FuzzChecks.request(UnsafeRawBufferPointer(start: data, count: size))
    return 0
}
