#!/usr/bin/env python3
"""Tests of the growth benchmark's loads and of what it makes of its measurements."""

import argparse
import json
import pathlib
import random
import tempfile
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import bench_growth
import bench_results
import bench_svg

OPTIONS = argparse.Namespace(rounds=3, seconds=1, quick=False, full=False)
COSTS = {name + bench_growth.COST: 9.04 for name in ("get", "post", "put", "DCS", "nginx")}
KEYS = {
    10**4: {"get": 9e4, "post": 8e4, "memory": 350.0, "disk": 125.5, "restart": 0.15, **COSTS},
    10**6: {"get": 8e4, "post": 7e4, "memory": 150.0, "disk": 1.5, "restart": 0.5, **COSTS}}
SIZES = {16: {"get": 9e4, "put": 8e4, **COSTS}, 1 << 20: {"get": 2000.0, "put": 500.0, **COSTS}}
CONNECTIONS = {1: {"DCS": 2e4, "nginx": 2.5e4, **COSTS}, 4096: {"DCS": 9e4, "nginx": 6e4, **COSTS}}


class Batches(BaseHTTPRequestHandler):
    """Keeps what it is sent and answers as a batch is answered."""

    def do_POST(self):  # pylint: disable=invalid-name
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.puts += body["operations"]
        answer = json.dumps({"results": [self.server.result] * len(body["operations"])}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


class FillTest(unittest.TestCase):
    def setUp(self):
        self.server = HTTPServer(("127.0.0.1", 0), Batches)
        self.server.puts, self.server.result = [], {"status": 200}
        thread = Thread(target=self.server.serve_forever)
        thread.start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(self.server.shutdown)

    def fill(self, keys):
        bench_growth.fill(self.server.server_port, keys)

    def test_every_key_is_put_once_with_a_value_of_the_size(self):
        self.fill(bench_growth.BATCH + 1)
        names = [put["key"] for put in self.server.puts]
        self.assertEqual(names, [f"key{number}" for number in range(1, bench_growth.BATCH + 2)])
        self.assertEqual({len(put["value"]) for put in self.server.puts}, {bench_growth.VALUE_BYTES})

    def test_a_refused_put_is_a_failure(self):
        self.server.result = {"error": {"code": "overloaded"}}
        with self.assertRaises(RuntimeError):
            self.fill(1)


class MeasurementTest(unittest.TestCase):
    def test_values_shrink_to_half_and_differ(self):
        pool = "".join(random.Random(1).choices(bench_growth.LETTERS, k=10_007))
        values = [bench_growth.value(pool, number) for number in range(1000)]
        for value in values:
            self.assertEqual(value[: len(value) // 2], value[len(value) // 2 :])
        self.assertGreater(len(set(values)), 900)

    def test_bytes_of_keys_are_those_of_their_names(self):
        self.assertEqual(bench_growth.sum_of_key_bytes(10), 9 * 4 + 5)

    def test_scripts_ask_for_drawn_keys_and_say_their_length(self):
        with tempfile.TemporaryDirectory() as folder:
            growth = bench_growth.Growth("dcs", pathlib.Path(folder), OPTIONS)
            get = growth.script(bench_growth.GET, keys=7).read_text()
            post = growth.script(
                bench_growth.POST, bench_growth.POSTED, keys=7, value="abc").read_text()
        self.assertIn(r'"GET /cache?key=key%d HTTP/1.1\r\nHost: x\r\n\r\n", math.random(7)', get)
        self.assertIn("""'{"key":"key%d","value":"abc"}', math.random(7)""", post)
        self.assertIn(r'"Content-Length: %d\r\n\r\n%s", #body, body)', post)

    def test_rates_and_costs_are_medians_of_rounds_in_turn(self):
        order = []

        class Load:
            def __init__(self, name, rates):
                self.name, self.rates = name, iter(rates)

            def measure(self, _):
                order.append(self.name)
                rate = next(self.rates)
                return {"rate": rate, "user": rate, "system": 1}

        growth = bench_growth.Growth("dcs", pathlib.Path("."), OPTIONS)
        medians = growth.medians({"a": Load("a", [3, 1, 2]), "b": Load("b", [5, 5, 8])})
        self.assertEqual(order, ["a", "b"] * 3)
        self.assertEqual(medians, {"a": 2, "b": 5, "a cost": 3, "b cost": 6})

    def test_tables_and_charts_hold_what_was_measured(self):
        section = bench_growth.section(OPTIONS, KEYS, SIZES, CONNECTIONS)
        rows = [row for table in section.tables for row in table.rows]
        self.assertEqual(rows[0], ["10,000", "90,000", "9.0", "80,000", "9.0", "350", "125.50", "150"])
        self.assertEqual(rows[3], ["1 MiB", "2,000", "9.0", "2,097.2", "500", "9.0", "524.3"])
        self.assertEqual(rows[5], ["4,096", "90,000", "9.0", "60,000", "9.0", "1.50"])
        for chart in section.charts:
            self.assertIn("</svg>", bench_svg.lines(chart))
        self.assertEqual(bench_results.section(json.loads(json.dumps(
            bench_results.dataclasses.asdict(section)))), section)


if __name__ == "__main__":
    unittest.main()
