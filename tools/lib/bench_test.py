#!/usr/bin/env python3
"""Tests of what the benchmarks' results say, and of the document and pictures made of them."""

import json
import pathlib
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import bench_engine
import bench_eviction
import bench_render
import bench_results
import bench_svg
from bench_results import Chart, Figure, Section, Table, Target

ROOT = pathlib.Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def gets(**fields):
    return Figure(**{
        "what": "GET", "unit": "requests/s", "better": "more",
        "sides": {"DCS": [90, 110, 100], "nginx": [100, 100, 100], "Redis": [45, 60, 40]},
        "targets": [Target(1, "nginx"), Target(2, "Redis")], **fields})


def section(**fields):
    return Section(**{
        "name": "http", "title": "The data port", "command": "tools/bench http", "how": "By hand.",
        "date": "2026-01-02", "machine": "A machine", "load": [0.25, 1], "figures": [gets()],
        **fields})


def growth():
    return Chart("rate", "Rate", "keys", "PUT/s", {"16 B": [[1e4, 5e5], [1e6, 4e5]], "1 KiB": [[1e4, 9e4]]})


class FigureTest(unittest.TestCase):
    def test_the_ratio_is_the_median_of_the_rounds_ratios(self):
        self.assertEqual(gets().median("DCS"), 100)
        self.assertEqual(gets().ratio("nginx"), 1)
        # 90 / 45, 110 / 60, 100 / 40
        self.assertEqual(gets().ratio("Redis"), 2)

    def test_without_equal_rounds_the_ratio_is_that_of_the_medians(self):
        self.assertEqual(gets(sides={"DCS": [1, 3, 4], "nginx": [6]}, targets=[]).ratio("nginx"), 0.5)

    def test_the_spread_is_a_share_of_the_median_and_none_of_one_round(self):
        self.assertEqual(gets().spread("DCS"), 0.2)
        self.assertIsNone(gets(sides={"DCS": [1]}, targets=[]).spread("DCS"))

    def test_a_target_is_met_from_the_side_that_is_better(self):
        more, less = gets(), gets(better="less")
        self.assertTrue(more.reached(Target(0.99, "nginx")))
        self.assertFalse(more.reached(Target(1.01, "nginx")))
        self.assertTrue(less.reached(Target(1.01, "nginx")))
        self.assertFalse(less.reached(Target(0.99, "nginx")))
        self.assertTrue(more.reached(Target(100)))
        self.assertFalse(more.reached(Target(101)))

    def test_a_peer_that_did_nothing_decides_nothing(self):
        figure = gets(sides={"DCS": [1], "nginx": [0]}, targets=[Target(1, "nginx")])
        self.assertIsNone(figure.reached(figure.targets[0]))
        self.assertIn("| – | ≥ 1 × | – |", bench_results.figure_table([figure])[-1])

    def test_rows_name_targets_and_verdicts_of_each_peer(self):
        rows = bench_results.figure_table([gets(targets=[Target(1, "nginx"), Target(2.5, "Redis")])])[2:]
        self.assertEqual(rows, [
            "| GET, requests/s | 100 | 20 % | nginx | 100 | 0 % | 1.00 | ≥ 1 × | met |",
            "| GET, requests/s | 100 | 20 % | Redis | 45 | 44 % | 2.00 | ≥ 2.5 × | missed |"])

    def test_a_figure_without_peers_is_judged_by_itself(self):
        figure = gets(sides={"DCS": [1234.5]}, targets=[Target(2e6)])
        self.assertEqual(bench_results.figure_table([figure])[2:], [
            "| GET, requests/s | 1,234 | – | – | – | – | – | ≥ 2,000,000 | missed |"])

    def test_one_missed_target_of_two_misses(self):
        figure = gets(targets=[Target(1000), Target(1, "nginx")])
        row = bench_results.figure_table([figure])[2]
        self.assertTrue(row.endswith("| ≥ 1,000, ≥ 1 × | missed |"), row)

    def test_sides_without_values_are_refused(self):
        with self.assertRaises(bench_results.ResultsError):
            gets(sides={"DCS": []})
        with self.assertRaises(bench_results.ResultsError):
            gets(better="most")


class FileTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "results"

    def test_what_was_written_is_read(self):
        wanted = section(tables=[Table(["a", "b"], [["1", "2"]])], charts=[growth()])
        bench_results.put(self.file, wanted)
        self.assertEqual(bench_results.read(self.file), [wanted])

    def test_a_later_run_takes_the_place_of_the_earlier_one(self):
        bench_results.put(self.file, section())
        bench_results.put(self.file, section(name="engine"))
        bench_results.put(self.file, section(title="Again"))
        self.assertEqual([(each.name, each.title) for each in bench_results.read(self.file)],
                         [("http", "Again"), ("engine", "The data port")])

    def test_what_is_no_file_of_results_is_refused(self):
        for text in ["", "{}", '{"format": 2, "sections": []}', '{"format": 1, "sections": [{}]}',
                     '{"format": 1, "sections": 7}', "[1]"]:
            self.file.write_text(text)
            with self.assertRaises(bench_results.ResultsError, msg=text):
                bench_results.read(self.file)

    def test_the_engines_figures_keep_rounds_units_and_targets(self):
        measured = {"figure": "GET", "unit": "nanoseconds", "better": "less", "ours": [3000, 1000],
                    "peer": [4000, 1000], "peer_name": "Redis",
                    "targets": [{"bound": 5000, "ratio": False}, {"bound": 1.5, "ratio": True}]}
        figure = bench_engine.figure(measured)
        self.assertEqual(figure.sides, {"DCS": [3, 1], "Redis": [4, 1]})
        self.assertEqual(figure.targets, [Target(5), Target(1.5, "Redis")])
        alone = bench_engine.figure({**measured, "peer": None})
        self.assertEqual((alone.peers, alone.targets), ([], [Target(5)]))


class PictureTest(unittest.TestCase):
    def parsed(self, svg):
        tree = xml.etree.ElementTree.fromstring(svg)
        width, height = (float(number) for number in tree.get("viewBox").split()[2:])
        for element in tree.iter():
            for name, most in (("x", width), ("cx", width), ("y", height), ("cy", height)):
                self.assertTrue(0 <= float(element.get(name, 0)) <= most, element.attrib)
        self.assertIn("prefers-color-scheme: dark", svg)
        return tree, [element.text for element in tree.iter(SVG + "text")]

    def test_bars_are_as_long_as_their_values_and_say_them(self):
        tree, texts = self.parsed(bench_svg.bars(section()))
        widths = [float(bar.get("width")) for bar in tree.iter(SVG + "rect") if bar.get("x")]
        self.assertEqual([round(width / widths[0], 2) for width in widths], [1, 1, 0.45])
        for text in ["GET", "nginx", "45 requests/s", "requests/s, more is better"]:
            self.assertIn(text, texts)

    def test_a_line_shows_the_rounds_where_there_are_several(self):
        tree, _ = self.parsed(bench_svg.bars(section()))
        paths = [path.get("d") for path in tree.iter(SVG + "path")]
        # The longest of all rounds, 110, has the whole room.
        self.assertEqual(paths[0], "M479.8 52.0 L554.0 52.0".replace("52.0", paths[0].split()[1]))
        single = gets(sides={"DCS": [1], "nginx": [2]}, targets=[])
        tree, _ = self.parsed(bench_svg.bars(section(figures=[single])))
        self.assertEqual(list(tree.iter(SVG + "path")), [])

    def test_names_are_escaped(self):
        self.parsed(bench_svg.bars(section(title="<&>\"", figures=[gets(what="a < b & c")])))

    def test_lines_go_where_their_values_are(self):
        tree, texts = self.parsed(bench_svg.lines(growth()))
        dots = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in tree.iter(SVG + "circle")]
        first, second = dots[0], dots[1]
        self.assertLess(first[0], second[0])
        self.assertLess(first[1], second[1])
        self.assertEqual(first[0], bench_svg.LEFT)
        for text in ["16 B", "1 KiB", "keys", "PUT/s", "10k", "1M", "500k"]:
            self.assertIn(text, texts)

    def test_axes_hold_all_values(self):
        for values in [[0], [1], [0.003, 7], [1, 10], [9, 11, 1e9], [7e-5]]:
            ticks = bench_svg.linear_ticks(values)
            self.assertTrue(ticks[0] == 0 and ticks[-1] >= max(values) * (1 - 1e-9), ticks)
            self.assertLessEqual(len(ticks), 11)
        for values in [[1], [0.5, 7], [1, 10], [9, 11, 1e9]]:
            ticks = bench_svg.log_ticks(values)
            self.assertTrue(ticks[0] <= min(values) and ticks[-1] >= max(values), ticks)
        with self.assertRaises(ValueError):
            bench_svg.Axis([0, 1], 0, 1, True)

    def test_a_single_point_is_a_picture(self):
        self.parsed(bench_svg.lines(Chart("a", "b", "c", "d", {"e": [[16, 0]]})))


class DocumentTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.document = self.root / bench_render.DOCUMENT
        self.document.parent.mkdir()
        self.document.write_text("# Title\n\n" + bench_render.MORE + "\nThe end.\n")

    def render(self, *sections):
        bench_render.render(sections, self.root)
        return self.document.read_text()

    def test_what_is_written_by_hand_stays(self):
        self.render(section())
        text = self.document.read_text()
        by_hand = text.replace("<!-- end of bench: http -->\n", "<!-- end of bench: http -->\n\nWhy so.\n")
        self.document.write_text(by_hand.replace("### The data port", "### Our heading"))
        text = self.render(section(figures=[gets(what="SET")]))
        for kept in ["# Title\n", "### Our heading\n", "\nWhy so.\n", "\nThe end.\n", "| SET, "]:
            self.assertIn(kept, text)
        self.assertNotIn("| GET, ", text)

    def test_sections_come_in_before_the_mark_and_pictures_beside_the_document(self):
        text = self.render(section(), section(name="growth", figures=[], charts=[growth()]))
        self.assertLess(text.index("bench: http"), text.index("bench: growth"))
        self.assertLess(text.index("bench: growth"), text.index(bench_render.MORE))
        for name in re.findall(r"\]\((pictures/[^)]*)\)", text):
            self.assertTrue((self.document.parent / name).exists(), name)
        names = sorted(path.name for path in (self.root / bench_render.PICTURES).iterdir())
        self.assertEqual(names, ["bench-growth-rate.svg", "bench-http.svg"])

    def test_pictures_that_are_no_longer_made_go(self):
        self.render(section(charts=[growth()]))
        self.render(section())
        names = [path.name for path in (self.root / bench_render.PICTURES).iterdir()]
        self.assertEqual(names, ["bench-http.svg"])

    def test_rendering_twice_changes_nothing(self):
        first = self.render(section())
        self.assertEqual(first, self.render(section()))

    def test_a_document_without_marks_is_refused(self):
        self.document.write_text("# Title\n")
        with self.assertRaises(bench_results.ResultsError):
            self.render(section())

    def test_the_projects_document_is_that_of_its_results(self):
        text = (ROOT / bench_render.DOCUMENT).read_text(encoding="utf-8")
        for each in bench_results.read(ROOT / "docs/benchmarks.json"):
            self.assertEqual(bench_render.placed(text, each), text, "run tools/bench --render")
            for name, svg, _ in bench_render.pictures(each):
                kept = (ROOT / bench_render.PICTURES / name).read_text(encoding="utf-8")
                self.assertEqual(kept, svg, f"{name}: run tools/bench --render")


class EvictionTest(unittest.TestCase):
    @staticmethod
    def trace(name, *ratios):
        sizes = [{"share": share, "capacity": 1, "ratios": dict(zip(bench_eviction.NAMES, each))}
                 for share, each in zip((0.01, 0.05), ratios)]
        return {"name": name, "unit": "entries", "sizes": sizes}

    def test_what_is_won_is_in_points_over_lru_as_built(self):
        # The optimum, LRU as built, exact LRU, S3-FIFO, the same as built, SIEVE, W-TinyLFU.
        traces = [self.trace("a", (.9, .5, .5, .6, .6, .5, .4), (.9, .6, .6, .62, .6, .6, .8)),
                  self.trace("b", (.9, .5, .5, .51, .5, .5, .5), (.9, .6, .6, .61, .6, .6, .6))]
        table = bench_eviction.gain_table(traces)
        self.assertEqual(table.rows[0], ["a", "+0.0 (+0.0)", "+6.0 (+2.0)", "+5.0 (+0.0)",
                                         "+0.0 (+0.0)", "+5.0 (-10.0)"])
        self.assertEqual(table.rows[-1][1:], [0, 1, 1, 0, 1])

    def test_every_size_is_a_point_of_each_line(self):
        chart = bench_eviction.chart(self.trace("x y.z", [.5] * 7, [.6] * 7))
        self.assertEqual(chart.name, "x-y-z")
        self.assertNotIn("exact LRU", chart.lines)
        self.assertTrue(all(line == [[1, 50], [5, 60]] for line in chart.lines.values()))


class CommandTest(unittest.TestCase):
    def test_help_names_every_benchmark(self):
        run = subprocess.run([ROOT / "tools/bench", "help"], check=True, stdout=subprocess.PIPE, text=True)
        for path in (ROOT / "tools/bench.d").iterdir():
            self.assertRegex(run.stdout, rf"(?m)^  {path.name} +\S")

    def test_an_unknown_benchmark_is_a_usage_error(self):
        run = subprocess.run([ROOT / "tools/bench", "nothing"], check=False, capture_output=True)
        self.assertEqual((run.returncode, run.stdout), (2, b""))


if __name__ == "__main__":
    unittest.main()
