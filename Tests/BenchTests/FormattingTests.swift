import Testing

@testable import dcs_bench

@Suite("Figures as text")
struct FormattingTests {
    @Test(arguments: [
        (2_512_000, Quantity.Unit.perSecond, "2.51 M/s"), (97_886, .perSecond, "97.9 k/s"),
        (412, .perSecond, "412 /s"), (0, .perSecond, "0 /s"), (3_130_000, .bytes, "3.13 MB"),
        (31.44, .bytesPerKey, "31.4 B"), (6.279, .times, "6.28 ×"), (6784, .milliseconds, "6.78 s"),
        (81.2, .milliseconds, "81.2 ms"), (1380, .nanoseconds, "1.38 µs"),
        (370, .nanoseconds, "370 ns"),
    ])
    func quantitiesShowThreeDigitsAndTheirUnit(
        value: Double, unit: Quantity.Unit, text: String
    ) {
        #expect(Quantity(value, unit).text == text)
    }

    @Test(arguments: [
        (1.005, 1, "1.0"), (0.96, 1, "1.0"), (12.0, 0, "12"), (-1.25, 2, "-1.25"),
        (0.04, 2, "0.04"),
    ])
    func fixedPointNumbersAreRounded(value: Double, digits: Int, text: String) {
        #expect(Quantity.fixed(value, digits) == text)
    }

    @Test func tableColumnsAreAligned() {
        var table = Table(columns: ["figure", "ours"])
        table.add(["a", "1 /s"])
        table.add(["a long one", "22 k/s"])
        #expect(
            table.text == """
                figure        ours
                ----------  ------
                a             1 /s
                a long one  22 k/s
                """)
        #expect(
            table.markdown == """
                | figure | ours |
                | --- | ---: |
                | a | 1 /s |
                | a long one | 22 k/s |
                """)
    }

    @Test func reportsHoldRowsNotesFailuresAndCommands() {
        let machine = Machine(
            processor: "P", cores: 2, memoryBytes: 1 << 30, kernel: "6.1")
        var report = Report(
            command: "dcs-bench engine", machine: machine, loadAtStart: "0.25 0 0")
        report.add([Measurement("GET", ours: Quantity(1, .perSecond), notes: ["A note."])])
        report.failures = ["restart: no"]
        report.commands = ["db_bench --db=DIR"]
        for part in ["GET", "A note.", "restart: no", "db_bench --db=DIR", "P, 2 cores", "0.25"] {
            #expect(report.text.contains(part))
            #expect(report.markdown.contains(part))
        }
        #expect(report.markdown.hasPrefix("\n## `dcs-bench engine`\n"))
    }
}
