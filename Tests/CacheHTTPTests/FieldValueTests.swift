import CacheBase
import Testing

@testable import CacheHTTP

@Suite("Field values")
struct FieldValueTests {
    @Test(arguments: [
        ("0", 0), ("0.0", 0), ("-0", 0), ("0e9", 0), ("1", 1000), ("1.5", 1500), ("0.001", 1),
        ("0.0001", 1), ("0.0011", 2), ("1e-9", 1), ("1e3", 1_000_000), ("15E-1", 1500),
        ("0.5e+1", 5000), ("3153600000", 3_153_600_000_000), ("3153600000.0000", 3_153_600_000_000),
        ("1.00000000000000000000001", 1001), ("0.00000000000000000000000000001", 1),
        ("100000000000000000000e-20", 1000), ("300.0000", 300_000),
    ])
    func ttlsAreMillisecondsRoundedUp(text: String, milliseconds: UInt64) {
        let wanted: TimeToLive = milliseconds == 0 ? .never : .milliseconds(milliseconds)
        #expect(withBytes(text) { TimeToLive(seconds: $0) } == wanted)
    }

    @Test(arguments: [
        "", "-1", "-0.001", "1e9999999999", "1e10", "3153600000.0000001", "3153600001",
        "99999999999999999999999999", "NaN", "inf", "1 ", " 1", "1,0", "1.", ".1", "01", "1e",
        "0x1",
    ])
    func otherTTLsAreRefused(text: String) {
        #expect(withBytes(text) { TimeToLive(seconds: $0) } == nil)
    }

    @Test(arguments: [
        ("max-age=60", 60_000), ("no-cache, MAX-AGE=5 , public", 5000), ("max-age=\"7\"", 7000),
        ("max-age=0", 0), ("max-age=99999999999999999999", HTTPLimits.ttlMillisecondsMax),
        ("max-age=x, max-age=2", 2000), ("x=\"a, max-age=1\", max-age=3", 3000),
    ])
    func maxAgeIsRead(text: String, milliseconds: UInt64) {
        #expect(withBytes(text) { TimeToLive(cacheControl: $0) } == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "no-store", "max-age", "max-age=", "max-age=-1", "s-maxage=4", "max-age=1x",
    ])
    func otherDirectivesNameNone(text: String) {
        #expect(withBytes(text) { TimeToLive(cacheControl: $0) } == nil)
    }

    @Test(arguments: [
        ("bytes=0-0", 0..<1), ("bytes=2-4", 2..<5), ("bytes=5-", 5..<10), ("bytes=-3", 7..<10),
        ("bytes=-99", 0..<10), ("bytes=9-99", 9..<10), ("BYTES=1-1", 1..<2), ("bytes= 1-2 ", 1..<3),
        ("bytes=0-99999999999999999999", 0..<10),
    ])
    func rangesAreCutToTheValue(text: String, range: Range<Int>) {
        #expect(withBytes(text) { ContentRange($0, of: 10) } == .part(range))
    }

    @Test(arguments: ["bytes=10-", "bytes=10-11", "bytes=-0", "bytes=99999999999999999999-"])
    func rangesBehindTheEndAreUnsatisfiable(text: String) {
        #expect(withBytes(text) { ContentRange($0, of: 10) } == .unsatisfiable)
    }

    @Test(arguments: [
        "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=1-2,4-5", "lines=1-2",
        "bytes=1", "bytes=1--2", "bytes=+1-2", "bytes=1-2-3",
    ])
    func otherRangesAreIgnored(text: String) {
        #expect(withBytes(text) { ContentRange($0, of: 10) } == .whole)
    }

    @Test func everyRangeOfAnEmptyValueIsUnsatisfiable() {
        for text in ["bytes=0-", "bytes=0-0", "bytes=-1"] {
            #expect(withBytes(text) { ContentRange($0, of: 0) } == .unsatisfiable)
        }
    }

    @Test(arguments: [
        ("\"7\"", true, true), ("W/\"7\"", true, false), ("\"1\", \"7\"", true, true),
        ("\"8\"", false, false), ("\"07\"", false, false), ("\"x\"", false, false),
        ("\"a,b\", W/\"7\"", true, false), (" , \"7\" ,, ", true, true), ("\"\"", false, false),
    ])
    func tagsCompareByVersion(text: String, weakly: Bool, strongly: Bool) {
        var tags = EntityTags(comparedWith: LSN(rawValue: 7))
        withBytes(text) { tags.add($0) }
        #expect(!tags.isMalformed)
        #expect(tags.matchesWeakly == weakly)
        #expect(tags.matchesStrongly == strongly)
    }

    @Test(
        "on a cluster, the tags of other stores match nothing",
        arguments: [
            ("\"7-0a1b2c3d\"", true), ("\"7\"", false), ("\"7-0a1b2c3e\"", false),
            ("\"-0a1b2c3d\"", false), ("\"8-0a1b2c3d\", \"7-0a1b2c3d\"", true),
        ])
    func tagsOfStores(text: String, matches: Bool) {
        withBytes("-0a1b2c3d") { mark in
            var tags = EntityTags(comparedWith: LSN(rawValue: 7), mark: mark)
            withBytes(text) { tags.add($0) }
            #expect(!tags.isMalformed)
            #expect(tags.matchesStrongly == matches)
        }
    }

    @Test(arguments: ["", "7", "\"7", "7\"", "\"7\" \"8\"", "w/\"7\"", "*, \"7\"", "\"a b\"", ","])
    func otherTagsAreMalformed(text: String) {
        var tags = EntityTags(comparedWith: LSN(rawValue: 7))
        withBytes(text) { tags.add($0) }
        #expect(tags.isMalformed)
    }

    @Test(arguments: [
        ("", 0, ""), ("a", 1, "YQ=="), ("ab", 2, "YWI="), ("abc", 3, "YWJj"),
        ("\u{0}\u{10}\u{3F}", 3, "ABA/"),
    ])
    func base64GoesBothWays(text: String, count: Int, coded: String) {
        var space = [UInt8](repeating: 0, count: 64)
        let length = withBytes(coded) { coded in
            space.withUnsafeMutableBytes { Base64.decode(coded, into: $0) }
        }
        #expect(length == count)
        #expect(Array(space[..<count]) == Array(text.utf8))
    }

    @Test(arguments: [
        "a", "aa", "aaa", "aaaaa", "a===", "====", "YQ=", "YR==", "YWJ=", "Y Q==", "YQ==YQ==",
        "YQ\n=", "YW-_", "YQ=a", "=YQ=",
    ])
    func otherBase64IsRefused(text: String) {
        var space = [UInt8](repeating: 0, count: 64)
        let length = withBytes(text) { coded in
            space.withUnsafeMutableBytes { Base64.decode(coded, into: $0) }
        }
        #expect(length == nil)
    }

    @Test func base64OfRandomBytesComesBack() {
        var generator = SystemRandomNumberGenerator()
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            var coded = [UInt8](repeating: 0, count: Base64.encodedCount(count) + 1)
            let length = coded.withUnsafeMutableBytes { space in
                var cursor = ByteCursor(space)
                bytes.withUnsafeBytes { Base64.encode($0, into: &cursor) }
                return cursor.count
            }
            #expect(length == Base64.encodedCount(count))
            let back = coded.withUnsafeMutableBytes { space in
                Base64.decode(UnsafeRawBufferPointer(rebasing: space[..<length]), into: space)
            }
            #expect(back == count)
            #expect(Array(coded[..<count]) == bytes, "\(bytes)")
        }
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT"),
        (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    ])
    func datesAreHTTPs(seconds: UInt64, text: String) {
        var space = [UInt8](repeating: 0, count: HTTPDate.count)
        space.withUnsafeMutableBytes {
            var cursor = ByteCursor($0)
            HTTPDate.write(Timestamp(rawValue: seconds * 1000 + 999), to: &cursor)
            #expect(cursor.count == HTTPDate.count)
        }
        #expect(String(decoding: space, as: UTF8.self) == text)
    }

    @Test func percentDecoding() {
        let cases: [(String, Bool, [UInt8]?)] = [
            ("a%20b+c", false, Array("a b+c".utf8)), ("a%20b+c", true, Array("a b c".utf8)),
            ("%00%ff%2F", true, [0, 0xFF, 0x2F]), ("%", true, nil), ("%1", true, nil),
            ("%g1", true, nil), ("%%31", true, nil), ("", true, []),
        ]
        for (text, plusIsSpace, wanted) in cases {
            var space = [UInt8](repeating: 0, count: 32)
            let count = withBytes(text) { bytes in
                space.withUnsafeMutableBytes {
                    PercentCoding.decode(bytes, into: $0, plusIsSpace: plusIsSpace)
                }
            }
            #expect(count.map { Array(space[..<$0]) } == wanted, "\(text)")
        }
    }
}
