// What the fuzzer calls, in each of the programs that Fuzz/build.sh builds.
import Glibc

/// The target that DCS_FUZZ_TARGET names.
private let check: @Sendable (UnsafeRawBufferPointer) -> Bool = {
    let name = getenv("DCS_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let found = FuzzChecks.all.first(where: { $0.name == name }) else {
        let names = FuzzChecks.all.map(\.name).joined(separator: ", ")
        fatalError("DCS_FUZZ_TARGET is one of \(names)")
    }
    return found.check
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    _ = check(UnsafeRawBufferPointer(start: data, count: size))
    return 0
}
