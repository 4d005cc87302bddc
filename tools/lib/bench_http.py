#!/usr/bin/env python3
"""Measures the data port beside nginx, Redis and memcached: medians of rounds, and ratios."""

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

import bench_results
from bench_loads import ConstantRate, MemcachedLoad, RedisBenchmark, Wrk
from bench_servers import (
    CIPHER, make_certificate, start_dcs, start_memcached, start_nginx, start_redis)

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
    """One comparison: loads by name, the first of them DCS's; what of a measure counts.

    Peers in `unjudged` are shown beside the figure and decide nothing.
    """

    def __init__(self, title, loads, target, figure="rate", factor=1, unit="requests/s",
                 unjudged=()):
        self.title, self.loads, self.target = title, loads, target
        self.figure, self.factor, self.unit, self.unjudged = figure, factor, unit, unjudged
        self.results = {name: [] for name in loads}

    def result(self):
        sides = {name: [result[self.figure] * self.factor for result in results]
                 for name, results in self.results.items()}
        targets = [bench_results.Target(self.target, peer) for peer in list(sides)[1:]
                   if peer not in self.unjudged]
        better = "less" if self.figure == "p99" else "more"
        return bench_results.Figure(self.title, self.unit, better, sides, targets)


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
        self.memcached = self.add(start_memcached(folder))
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
        with socket.create_connection(("127.0.0.1", self.memcached.port)) as memcached:
            memcached.sendall(f"set k 0 0 {len(VALUE)}\r\n{VALUE}\r\n".encode())
            if memcached.recv(100) != b"STORED\r\n":
                raise RuntimeError("memcached did not store")

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
        load = MemcachedLoad.build(self.folder)
        return [
            Case("GET, 64 connections", {
                "DCS": Wrk(self.dcs, get, 64), "nginx": Wrk(self.nginx, get, 64),
                "Redis": RedisBenchmark(self.redis, 64, "-t", "get"),
                "memcached": MemcachedLoad(load, self.memcached, 64, len(VALUE), "get", "k")}, 1.0),
            # memcached writes nothing to disk: a bound for what a write can cost, no equal.
            Case("POST interval, 64 connections", {
                "DCS": Wrk(self.dcs, "/cache", 64, writes),
                "Redis everysec": RedisBenchmark(self.everysec, 64, *drawn),
                "memcached": MemcachedLoad(load, self.memcached, 64, len(VALUE), "set", KEYS)},
                1.0, unjudged=["memcached"]),
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
        rate = self.cases[0].result().median("DCS") / 2
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


def processor_table(cases):
    """What a request costs the server, which other work on the machine changes little."""
    rows = []
    for case in cases:
        for name, results in case.results.items():
            if "user" not in results[0]:
                continue
            user, system = (statistics.median(result[kind] for result in results)
                            for kind in ("user", "system"))
            rows.append([case.title, name, f"{user:.2f}", f"{system:.2f}", f"{user + system:.2f}"])
    columns = ["processor time for a request, µs", "server", "user", "system", "both"]
    return bench_results.Table(columns, rows)


def versions(program):
    return [
        bench_results.version("DCS", program, "--version"),
        bench_results.version("nginx", "nginx", "-v"),
        bench_results.version("Redis", "redis-server", "--version"),
        bench_results.version("memcached", "memcached", "--version"),
        bench_results.version("wrk", "wrk", "-v"),
        bench_results.version("h2load", "h2load", "--version"),
    ]


def started(options):
    """The section, without its figures: its load average is that of before."""
    arguments = f"--rounds {options.rounds} --seconds {options.seconds}"
    how = (f"Medians of {options.rounds} interleaved rounds of {options.seconds} s; servers, one "
           "thread each, on one processor, the load on another. Spread is (largest - smallest) / "
           "median, the ratio the median of the rounds' ratios.")
    if options.security:
        return bench_results.Section(
            "security", "Tokens and encryption", f"tools/bench security {arguments}",
            how + " DCS with tokens beside itself without; TLS 1.3, an ECDSA P-256 certificate, "
            f"{CIPHER}.", quick=options.quick)
    how += (" wrk over HTTP, redis-benchmark, and a load of ours for memcached, which asks as wrk "
            "does; h2load for p99.")
    return bench_results.Section(
        "http", "The data port", f"tools/bench http {arguments}", how, quick=options.quick)


def main():
    parser = argparse.ArgumentParser(prog="tools/bench http", description=__doc__)
    parser.add_argument("program", help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="one round of one second")
    parser.add_argument("--security", action="store_true",
                        help="measure what tokens and encryption cost instead")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    bench_results.add_options(parser)
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 1, 1
    section = started(options)
    program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory(prefix="dcs-bench-") as folder:
        servers = []
        try:
            kind = SecurityBench if options.security else Bench
            bench = kind(program, pathlib.Path(folder), options, servers)
            bench.measure()
        finally:
            for server in servers:
                server.stop()
    section.ended()
    section.versions = versions(program)
    section.figures = [case.result() for case in bench.cases]
    section.tables = [processor_table(bench.cases)]
    bench_results.report(section, options)


if __name__ == "__main__":
    main()
