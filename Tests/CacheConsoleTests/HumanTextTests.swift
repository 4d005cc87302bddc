import CacheBase
import CacheConsole
import Testing

@Suite("Texts for people")
struct HumanTextTests {
    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1,000"), (1_000_005, "1,000,005"),
        (UInt64.max, "18,446,744,073,709,551,615"),
    ])
    func thousandsAreGrouped(value: UInt64, text: String) {
        #expect(HumanText.count(value) == text)
    }

    @Test(
        arguments: [
            (0, "0 B"), (1023, "1,023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"),
            (1_048_575, "1.0 MiB"), (1_073_741_824, "1.0 GiB"), (-5, "0 B"), (Double.nan, "0 B"),
        ] as [(Double, String)])
    func sizesHaveTheirLargestUnit(value: Double, text: String) {
        #expect(HumanText.bytes(value) == text)
        #expect(HumanText.bytes(Double.infinity).hasSuffix(" PiB"))
    }

    @Test(arguments: [
        (0, "0 µs"), (0.000_085, "85 µs"), (0.000_999_7, "1.0 ms"), (0.001_2, "1.2 ms"),
        (0.999_96, "1.0 s"), (12.34, "12.3 s"),
    ])
    func shortTimesHaveTheirUnit(seconds: Double, text: String) {
        #expect(HumanText.latency(seconds) == text)
    }

    @Test(arguments: [
        (0, "0s"), (59, "59s"), (60, "1m 0s"), (3661, "1h 1m"), (90_000, "1d 1h"),
        (86_400 * 400, "400d 0h"),
    ])
    func longTimesHaveTwoUnits(seconds: UInt64, text: String) {
        #expect(HumanText.duration(seconds) == text)
    }

    @Test func ratesAreFineWhereTheyAreSmall() {
        #expect(
            [0, 0.04, 0.5, 9.94, 9.96, 12_345.6].map(HumanText.rate)
                == ["0", "0.0", "0.5", "9.9", "10", "12,346"])
        #expect(HumanText.share(0.987_4) == "98.7 %")
        #expect(HumanText.ratio(1234.056) == "1,234.06")
    }

    @Test func columnsAreAsWideAsTheirWidestCell() {
        var table = TextTable([.text("NAME"), .number("COUNT"), .text("")])
        table.add(["a", "5", "x"])
        table.add(["longer", "12345678", ""])
        #expect(
            table.lines == [
                "NAME       COUNT",
                "a              5  x",
                "longer  12345678",
            ])
    }

    @Test func nothingOnATerminalMovesItsCursor() {
        #expect(PrintableText.of("a\u{1B}[2Jb\nü") == "a\\u{1b}[2Jb\\u{a}ü")
    }

    @Test func theBarShowsShareRateAndWhatIsLeft() {
        let clock = Clock.manual(start: Timestamp(rawValue: 0))
        let bytes = ProgressBar(total: 100_000_000, clock: clock, isShown: false)
        #expect(
            bytes.line(50_000_000, seconds: 2)
                == "[###############               ] 50 %  50 MB  25 MB/s  2 s left  ")
        let entries = ProgressBar(total: nil, unit: .entries, clock: clock, isShown: false)
        #expect(entries.line(500, seconds: 2) == "500 entries  250/s  ")
    }

    @Test func base64IsReadBackAndNothingElse() {
        for length in 0..<40 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 0xF0) }
            let text = bytes.withUnsafeBytes { Base64.text($0) }
            #expect(Base64.bytes(text) == bytes)
        }
        for text in ["a", "ab=c", "====", "a===", "ab c", "äbc", "abcd="] {
            #expect(Base64.bytes(text) == nil, "\(text)")
        }
    }
}
