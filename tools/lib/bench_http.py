#!/usr/bin/env python3
"""Measures the data port beside nginx and Redis; prints medians, spreads and ratios as a table."""

import argparse
import http.client
import json
import os
import pathlib
import secrets
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile

from bench_loads import ConstantRate, RedisBenchmark, Wrk
from bench_servers import CIPHER, make_certificate, start_dcs, start_nginx, start_redis

VALUE = "x" * 100
FILE_BYTES = 1 << 20
BATCH = 100
PIPELINE = 16
# Distinct keys of the writes.
KEYS = 10_000

WRITES = """
local requests, next = {}, 0
init = function()
    for i = 1, %d do
        local body = '{"key":"key:' .. i .. '","value":"%s"}'
        requests[i] = wrk.format("POST", "/cache", nil, body)
    end
end
request = function()
    next = next %% #requests + 1
    return requests[next]
end
"""
PIPELINED = """
init = function()
    local all = {}
    for i = 1, %d do all[i] = wrk.format("GET", "/cache?key=k") end
    joined = table.concat(all)
end
request = function() return joined end
"""
BATCHED = """
wrk.method = "POST"
wrk.body = '%s'
"""


class Case:
    """One comparison: loads by name, the first of them DCS's; what of a measure counts."""

    def __init__(self, title, loads, target, figure="rate", factor=1, unit="requests/s"):
        self.title, self.loads, self.target = title, loads, target
        self.figure, self.factor, self.unit = figure, factor, unit
        self.lower_is_better = figure == "p99"
        self.results = {name: [] for name in loads}

    def values(self, name):
        return [result[self.figure] * self.factor for result in self.results[name]]

    def median(self, name):
        return statistics.median(self.values(name))

    def ratio(self, peer):
        """Of the rounds' ratios the median: what slows the machine for a while slows both."""
        pairs = zip(self.values("DCS"), self.values(peer))
        return statistics.median(own / other for own, other in pairs)

    def spread(self, name):
        values = self.values(name)
        return (max(values) - min(values)) / statistics.median(values) * 100


class Bench:
    """All servers and cases. Whoever makes it stops what it has put into `servers`."""

    def __init__(self, program, folder, options, servers):
        self.folder, self.options, self.servers = folder, options, servers
        self.dcs = self.add(start_dcs(folder, "dcs", program, "interval"))
        self.always = self.add(start_dcs(folder, "dcs-always", program, "always"))
        self.nginx = self.add(start_nginx(folder, VALUE, FILE_BYTES))
        self.redis = self.add(start_redis(folder, "redis", None))
        self.everysec = self.add(start_redis(folder, "redis-everysec", "everysec"))
        self.redis_always = self.add(start_redis(folder, "redis-always", "always"))
        self.fill()
        self.cases = self.make_cases()

    def add(self, server):
        self.servers.append(server)
        return server

    def script(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def fill(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.dcs.port)
        keys = ["k"] + [f"key{number}" for number in range(BATCH)]
        puts = [{"op": "put", "key": key, "value": VALUE, "ttl": 0} for key in keys]
        self.ask(connection, "POST", "/cache/batch", json.dumps({"operations": puts}))
        self.ask(connection, "PUT", "/cache/file?ttl=0", os.urandom(FILE_BYTES))
        pairs = [text for key in keys for text in (key, VALUE)]
        subprocess.run(["redis-cli", "-p", str(self.redis.port), "MSET", *pairs],
                       check=True, stdout=subprocess.DEVNULL)
        # The key that redis-benchmark reads where it is not told to draw one.
        subprocess.run(["redis-cli", "-p", str(self.redis.port), "SET", "key:__rand_int__", VALUE],
                       check=True, stdout=subprocess.DEVNULL)

    @staticmethod
    def ask(connection, method, target, body, fields=()):
        connection.request(method, target, body, dict(fields))
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{method} {target}: {answer.status}")

    def make_cases(self):
        writes = self.script("writes.lua", WRITES % (KEYS, VALUE))
        pipelined = self.script("pipelined.lua", PIPELINED % PIPELINE)
        gets = [{"op": "get", "key": f"key{number}"} for number in range(BATCH)]
        batched = self.script("batched.lua", BATCHED % json.dumps({"operations": gets}))
        drawn = ["-t", "set", "-d", len(VALUE), "-r", KEYS]
        mget = ["mget", *(f"key{number}" for number in range(BATCH))]
        get = "/cache?key=k"
        return [
            Case("GET, 64 connections", {
                "DCS": Wrk(self.dcs, get, 64), "nginx": Wrk(self.nginx, get, 64),
                "Redis": RedisBenchmark(self.redis, 64, "-t", "get")}, 1.0),
            Case("POST interval, 64 connections", {
                "DCS": Wrk(self.dcs, "/cache", 64, writes),
                "Redis everysec": RedisBenchmark(self.everysec, 64, *drawn)}, 1.0),
            Case("POST always, 64 connections", {
                "DCS": Wrk(self.always, "/cache", 64, writes),
                "Redis always": RedisBenchmark(self.redis_always, 64, *drawn)}, 1.3),
            Case("POST always, 256 connections", {
                "DCS": Wrk(self.always, "/cache", 256, writes),
                "Redis always": RedisBenchmark(self.redis_always, 256, *drawn)}, 1.3),
            Case(f"GET pipelined by {PIPELINE}", {
                "DCS": Wrk(self.dcs, get, 64, pipelined),
                "Redis": RedisBenchmark(self.redis, 64, "-t", "get", "-P", PIPELINE)}, 1.0),
            Case(f"Batch of {BATCH} gets", {
                "DCS": Wrk(self.dcs, "/cache/batch", 64, batched),
                "Redis MGET": RedisBenchmark(self.redis, 64, *mget)},
                1.0, factor=BATCH, unit="keys/s"),
            Case("Raw GET of 1 MiB", {
                "DCS": Wrk(self.dcs, "/cache/file", 16),
                "nginx": Wrk(self.nginx, "/cache/file", 16)},
                0.8, figure="bytes", factor=1e-6, unit="MB/s"),
        ]

    def measure(self):
        for number in range(self.options.rounds):
            for case in self.cases:
                for name, load in case.loads.items():
                    case.results[name].append(load.measure(self.options.seconds))
            print(f"round {number + 1} of {self.options.rounds}", file=sys.stderr)
        self.measure_latency()

    def measure_latency(self):
        """The 99th percentile at half the rate that DCS reached, of both at the same rate."""
        rate = self.cases[0].median("DCS") / 2
        log = self.folder / "times"
        case = Case("", {
            "DCS": ConstantRate(self.dcs, "/cache?key=k", 64, log),
            "nginx": ConstantRate(self.nginx, "/cache?key=k", 64, log)},
            1.0, figure="p99", unit="µs")
        for _ in range(self.options.rounds):
            for name, load in case.loads.items():
                case.results[name].append(load.measure(self.options.seconds, rate))
        reached = min(statistics.median(result["rate"] for result in results)
                      for results in case.results.values())
        case.title = f"p99 of GET at {rate:,.0f}/s wanted, {reached:,.0f}/s reached"
        self.cases.append(case)


class SecurityBench(Bench):
    """What tokens and encryption cost: DCS beside itself without, and beside nginx."""

    def __init__(self, program, folder, options, servers):
        # pylint: disable=super-init-not-called
        self.folder, self.options, self.servers = folder, options, servers
        secret = "jwt_secret=" + secrets.token_hex(32)
        pair = make_certificate(folder)
        paths = [f"tls_cert_path={pair[0]}", f"tls_key_path={pair[1]}"]
        self.open = self.add(start_dcs(folder, "dcs", program, "interval"))
        self.guarded = self.add(start_dcs(folder, "dcs-tokens", program, "interval", secret))
        self.encrypted = self.add(start_dcs(folder, "dcs-tls", program, "interval", *paths))
        self.nginx = self.add(start_nginx(folder, VALUE, 0, pair))
        self.token = subprocess.run(
            [program, "token", "--set", secret], cwd=folder, check=True,
            stdout=subprocess.PIPE, text=True).stdout.strip()
        self.fill()
        self.cases = self.make_cases()

    def fill(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        encrypted = http.client.HTTPSConnection(
            "127.0.0.1", self.encrypted.port, context=context)
        fields = {"Authorization": "Bearer " + self.token}
        for connection in [
                http.client.HTTPConnection("127.0.0.1", self.open.port),
                http.client.HTTPConnection("127.0.0.1", self.guarded.port), encrypted]:
            self.ask(connection, "PUT", "/cache/k?ttl=0", VALUE, fields)
        for server in (self.encrypted, self.nginx):
            with context.wrap_socket(socket.create_connection(
                    ("127.0.0.1", server.port))) as connection:
                if connection.cipher()[0] != CIPHER:
                    raise RuntimeError(f"{server.name} has {connection.cipher()}")

    def make_cases(self):
        get = "/cache?key=k"
        pipelined = self.script("pipelined.lua", PIPELINED % PIPELINE)
        return [
            Case("GET with a token, 64 connections", {
                "DCS": Wrk(self.guarded, get, 64, token=self.token),
                "DCS without": Wrk(self.open, get, 64)}, 0.95),
            Case(f"GET with a token, pipelined by {PIPELINE}", {
                "DCS": Wrk(self.guarded, get, 64, pipelined, self.token),
                "DCS without": Wrk(self.open, get, 64, pipelined)}, 0.95),
            Case("HTTPS GET, 64 connections", {
                "DCS": Wrk(self.encrypted, get, 64, scheme="https"),
                "nginx": Wrk(self.nginx, get, 64, scheme="https")}, 1.0),
        ]

    def measure_latency(self):
        """Of throughput only."""


def table(cases):
    lines = ["| measure | DCS | spread | peer | | spread | ratio | target | |",
             "|---|--:|--:|---|--:|--:|--:|--:|---|"]
    for case in cases:
        own = case.median("DCS")
        for name in list(case.loads)[1:]:
            peer = case.median(name)
            ratio = case.ratio(name)
            met = ratio <= case.target if case.lower_is_better else ratio >= case.target
            sign = "≤" if case.lower_is_better else "≥"
            lines.append(
                f"| {case.title}, {case.unit} | {own:,.0f} | {case.spread('DCS'):.0f} % | {name} "
                f"| {peer:,.0f} | {case.spread(name):.0f} % | {ratio:.2f} | {sign} {case.target} "
                f"| {'met' if met else 'missed'} |")
    return lines


def processor_table(cases):
    """What a request costs the server, which other work on the machine changes little."""
    lines = ["| processor time for a request, µs | server | user | system | both |",
             "|---|---|--:|--:|--:|"]
    for case in cases:
        for name, results in case.results.items():
            if "user" not in results[0]:
                continue
            user, system = (statistics.median(result[kind] for result in results)
                            for kind in ("user", "system"))
            lines.append(
                f"| {case.title} | {name} | {user:.2f} | {system:.2f} | {user + system:.2f} |")
    return lines


def main():
    parser = argparse.ArgumentParser(prog="tools/bench http", description=__doc__)
    parser.add_argument("program", help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="three rounds of one second")
    parser.add_argument("--security", action="store_true",
                        help="measure what tokens and encryption cost instead")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--markdown", metavar="FILE", type=pathlib.Path,
                        help="write the tables there too")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 3, 1
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="dcs-bench-") as folder:
        servers = []
        try:
            program = os.path.abspath(options.program)
            kind = SecurityBench if options.security else Bench
            bench = kind(program, pathlib.Path(folder), options, servers)
            bench.measure()
        finally:
            for server in servers:
                server.stop()
    note = (f"Medians of {options.rounds} interleaved rounds of {options.seconds} s; spread is "
            f"(largest - smallest) / median, the ratio the median of the rounds' ratios. "
            f"Load average {load_before:.1f} before, "
            f"{os.getloadavg()[0]:.1f} after.")
    report = "\n".join([*table(bench.cases), "", *processor_table(bench.cases), "", note, ""])
    print(report)
    if options.markdown:
        options.markdown.write_text(report)


if __name__ == "__main__":
    main()
