#!/usr/bin/env python3
"""Measures what DCS costs as the work grows: by keys, size of values, connections.

Everything goes through the program's HTTP port, one thread on processor 0; the load is on
processor 1. By keys: rates of random GETs and overwrites, resident memory, the data folder's size, and
the time from the start of the program, after SIGKILL, until a key is answered.
"""

import argparse
import http.client
import json
import os
import pathlib
import random
import resource
import shutil
import statistics
import string
import sys
import tempfile
import time

import bench_results
from bench_loads import Wrk
from bench_servers import start_dcs, start_nginx

KEYS = [10**4, 10**5, 10**6]
KEYS_FULL = 10**7
SIZES = [16, 256, 4096, 65536, 1 << 20]
CONNECTIONS = [1, 4, 16, 64, 256, 1024, 4096]
CONNECTIONS_QUICK = [1, 64, 1024]
VALUE_BYTES = 100
LETTERS = string.ascii_letters + string.digits
POOL_LETTERS = 1_000_003
BATCH = 1000
# Distinct keys of the values of a size: no more than so many bytes, so that memory holds them.
BYTES_OF_SIZE = 100_000_000
KEYS_OF_SIZE = 10_000
# wrk has one thread; with more, each would wait for the processor and not for the server.
CONNECTIONS_USUAL = 64
DESCRIPTORS = 16_384
# What opening connections costs is not to be what a request costs: many are measured longer.
CONNECTIONS_A_SECOND = 512
COST = " cost"
SETTLE_SECONDS_MAX = 60
SETTLE_STEP_SECONDS = 1
IDLE_SHARE = 0.05

SCRIPT = """
local format = string.format
init = function() math.randomseed(%(seed)d) end
request = function()
    return %(request)s
end
"""
GET = """format("GET /cache?key=key%%d HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n", math.random(%(keys)d))"""
POST = """post(format('{"key":"key%%d","value":"%(value)s"}', math.random(%(keys)d)))"""
RAW_GET = """format("GET /cache/key%%d HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n", math.random(%(keys)d))"""
RAW_PUT = """format("PUT /cache/key%%d?ttl=0 HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: %(bytes)d\\r\\n\\r\\n",
        math.random(%(keys)d)) .. value"""
POSTED = """
local function post(body)
    return string.format("POST /cache HTTP/1.1\\r\\nHost: x\\r\\nContent-Type: application/json\\r\\n" ..
        "Content-Length: %%d\\r\\n\\r\\n%%s", #body, body)
end
"""


class Growth:
    """A folder for scripts and servers, and how long a measurement takes."""

    def __init__(self, program, folder, options):
        self.program, self.folder, self.options = program, folder, options
        self.scripts = 0

    def script(self, request, head="", **fields):
        self.scripts += 1
        path = self.folder / f"script-{self.scripts}.lua"
        fields = {"seed": self.scripts, "keys": 1, **fields}
        path.write_text(head % fields + SCRIPT % {**fields, "request": request % fields})
        return path

    def server(self, name):
        return start_dcs(self.folder, name, self.program, "interval", "max_memory=4GB",
                         "max_disk=40GB", "max_connections=8192")

    def medians(self, loads, seconds_min=0):
        """Rates by name, and by name with COST the server's processor time for a request in µs.

        Of rounds in which all take turns. Other work on the machine changes the costs little.
        """
        rates = {name: [] for name in loads}
        costs = {name + COST: [] for name in loads}
        for _ in range(self.options.rounds):
            for name, load in loads.items():
                result = load.measure(max(self.options.seconds, seconds_min))
                rates[name].append(result["rate"])
                costs[name + COST].append(result["user"] + result["system"])
        return {name: statistics.median(values) for name, values in (rates | costs).items()}

    def by_keys(self, keys):
        """What so many keys with values of 100 bytes cost."""
        server = self.server(f"keys-{keys}")
        try:
            empty = memory(server)
            fill(server.port, keys)
            grown = memory(server) - empty
            settle(server)
            disk = folder_bytes(server.folder / "data")
            # One after the other: what writes leave for later would be paid by reads.
            rates = self.medians({
                "get": Wrk(server, "/", CONNECTIONS_USUAL, self.script(GET, keys=keys))})
            rates |= self.medians({
                "post": Wrk(server, "/", CONNECTIONS_USUAL,
                            self.script(POST, POSTED, keys=keys, value="x" * VALUE_BYTES))})
            restart = self.restart(server, keys)
        finally:
            server.stop()
            shutil.rmtree(server.folder)
        logical = sum_of_key_bytes(keys) + keys * VALUE_BYTES
        return {**rates, "memory": grown / keys, "disk": disk / logical, "restart": restart}

    def restart(self, server, keys):
        """Seconds from the start of the program until it answers with a key's value."""
        times = []
        for _ in range(self.options.rounds):
            server.process.kill()
            server.process.wait()
            began = time.monotonic()
            server.process = None
            server.start_again()
            while not answers(server.port, f"key{keys}"):
                time.sleep(0.001)
            times.append(time.monotonic() - began)
        return statistics.median(times)

    def by_size(self, size):
        """Rates of whole values, put and got as bytes."""
        server = self.server(f"size-{size}")
        keys = max(1, min(KEYS_OF_SIZE, BYTES_OF_SIZE // size))
        connections = 16 if size >= 1 << 20 else CONNECTIONS_USUAL
        head = f"local value = string.rep('x', {size})\n"
        try:
            put_all(server.port, keys, size)
            settle(server)
            return self.medians({
                "get": Wrk(server, "/", connections, self.script(RAW_GET, keys=keys))
            }) | self.medians({
                "put": Wrk(server, "/", connections,
                           self.script(RAW_PUT, head, keys=keys, bytes=size))})
        finally:
            server.stop()
            shutil.rmtree(server.folder)

    def by_connections(self, counts):
        """Rates of GETs beside nginx, which answers the same from its configuration."""
        dcs = self.server("connections")
        nginx = start_nginx(self.folder, "x" * VALUE_BYTES, 0)
        try:
            fill(dcs.port, 1)
            for count in counts:
                yield count, self.medians({
                    "DCS": Wrk(dcs, "/cache?key=key1", count),
                    "nginx": Wrk(nginx, "/cache?key=key1", count)}, count // CONNECTIONS_A_SECOND)
        finally:
            dcs.stop()
            nginx.stop()


def fill(port, keys):
    """Puts key1 to keyN in batches."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    pool = random.Random(7).choices(LETTERS, k=POOL_LETTERS)
    pool = "".join(pool)
    for first in range(1, keys + 1, BATCH):
        puts = ",".join(
            f'{{"op":"put","key":"key{number}","value":"{value(pool, number)}","ttl":0}}'
            for number in range(first, min(first + BATCH, keys + 1)))
        answer = ask(connection, "POST", "/cache/batch", '{"operations":[' + puts + "]}")
        if any("error" in result for result in json.loads(answer)["results"]):
            raise RuntimeError(f"a batch was not stored: {answer[:300]}")


def value(pool, number):
    """Text that shrinks to half: letters, and the same letters again."""
    place = number * VALUE_BYTES % (len(pool) - VALUE_BYTES)
    return 2 * pool[place : place + VALUE_BYTES // 2]


def put_all(port, keys, size):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for number in range(1, keys + 1):
        ask(connection, "PUT", f"/cache/key{number}?ttl=0", b"x" * size)


def ask(connection, method, target, body=None):
    connection.request(method, target, body)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status not in (200, 201):
        raise RuntimeError(f"{method} {target}: {answer.status} {text[:200]}")
    return text


def answers(port, key):
    try:
        return b'"found":true' in ask(
            http.client.HTTPConnection("127.0.0.1", port, timeout=1), "GET", f"/cache?key={key}")
    except (OSError, RuntimeError, http.client.HTTPException):
        return False


def settle(server):
    """Waits until flush and compaction are done, which is where the server is idle, or a while."""
    deadline = time.monotonic() + SETTLE_SECONDS_MAX
    before = sum(server.processor_seconds())
    while time.monotonic() < deadline:
        time.sleep(SETTLE_STEP_SECONDS)
        now = sum(server.processor_seconds())
        if now - before <= SETTLE_STEP_SECONDS * IDLE_SHARE:
            return
        before = now


def memory(server):
    """Resident bytes, those of the mapped log included, where the newest values are."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines() if line.startswith("Rss"))
    return sum(int(fields[name].split()[0]) * 1024 for name in fields)


def folder_bytes(folder):
    """Bytes on the disk, as du counts them."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def sum_of_key_bytes(keys):
    """Of the names key1 to keyN."""
    return sum(len(f"key{number}") for number in range(1, keys + 1))


# What is made of it


def section(options, keys, sizes, connections):
    arguments = f"--rounds {options.rounds} --seconds {options.seconds}"
    arguments += " --full" if options.full else ""
    result = bench_results.Section(
        "growth", "Cost as the work grows", f"tools/bench growth {arguments}",
        f"Over HTTP, wal_sync = interval; server, one thread, on one processor, wrk on the other; "
        f"medians of {options.rounds} rounds of {options.seconds} s. By keys: values of "
        f"{VALUE_BYTES} bytes that shrink to half, {CONNECTIONS_USUAL} connections, keys drawn at "
        "random; memory is what is resident beyond an empty server's, with the values in memory; "
        "disk is the data folder once flush and compaction are done, by the bytes of keys and values; restart is from "
        "the start of the program, after SIGKILL, until a key is answered; µs are the server's "
        f"processor time for a request. From {2 * CONNECTIONS_A_SECOND:,} connections on a round "
        f"takes a second for {CONNECTIONS_A_SECOND} of them.", quick=options.quick)
    result.tables = [keys_table(keys), sizes_table(sizes), connections_table(connections)]
    result.charts = charts(keys, sizes, connections)
    return result


def keys_table(keys):
    return bench_results.Table(
        ["keys", "GET/s", "µs", "POST/s", "µs", "memory, B a key", "disk, B a byte", "restart, ms"],
        [[f"{count:,}", *rate_and_cost(each, "get"), *rate_and_cost(each, "post"),
          f"{each['memory']:,.0f}", f"{each['disk']:.2f}", f"{each['restart'] * 1000:,.0f}"]
         for count, each in keys.items()])


def sizes_table(sizes):
    def cells(size, each, name):
        return [*rate_and_cost(each, name), f"{each[name] * size / 1e6:,.1f}"]

    return bench_results.Table(
        ["value", "GET/s", "µs", "MB/s", "PUT/s", "µs", "MB/s"],
        [[size_name(size), *cells(size, each, "get"), *cells(size, each, "put")]
         for size, each in sizes.items()])


def connections_table(connections):
    return bench_results.Table(
        ["connections", "DCS, GET/s", "µs", "nginx, GET/s", "µs", "ratio of rates"],
        [[f"{count:,}", *rate_and_cost(each, "DCS"), *rate_and_cost(each, "nginx"),
          f"{each['DCS'] / each['nginx']:.2f}"] for count, each in connections.items()])


def rate_and_cost(each, name):
    return [f"{each[name]:,.0f}", f"{each[name + COST]:,.1f}"]


def charts(keys, sizes, connections):
    def points(measured, name, factor=1.0):
        return [[count, each[name] * factor] for count, each in measured.items()]

    def weighed(name):
        return [[size, each[name] * size / 1e6] for size, each in sizes.items()]

    chart = bench_results.Chart
    return [
        chart("rate", "Requests by number of keys", "keys", "requests/s",
              {"GET": points(keys, "get"), "POST": points(keys, "post")}),
        chart("cost", "Processor time of a request by number of keys", "keys", "µs",
              {"GET": points(keys, "get" + COST), "POST": points(keys, "post" + COST)}),
        chart("memory", "Memory by number of keys", "keys", "bytes a key, values included",
              {"DCS": points(keys, "memory")}),
        chart("disk", "Disk by number of keys", "keys", "bytes on disk by bytes of keys and values",
              {"DCS": points(keys, "disk")}),
        chart("restart", "Restart by number of keys", "keys", "milliseconds",
              {"DCS": points(keys, "restart", 1000)}, y_log=True),
        chart("size", "Throughput by size of values", "bytes of a value", "MB/s",
              {"GET": weighed("get"), "PUT": weighed("put")}, y_log=True),
        chart("connections", "Requests by number of connections", "connections", "requests/s",
              {"DCS": points(connections, "DCS"), "nginx": points(connections, "nginx")}),
        chart("connections-cost", "Processor time of a GET by number of connections",
              "connections", "µs", {
                  "DCS": points(connections, "DCS" + COST),
                  "nginx": points(connections, "nginx" + COST)}),
    ]


def size_name(size):
    for unit, letters in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size // unit} {letters}"
    return f"{size} B"


def measured(growth, options):
    counts = KEYS[:2] if options.quick else KEYS + ([KEYS_FULL] if options.full else [])
    keys, sizes, connections = {}, {}, {}
    for count in counts:
        keys[count] = growth.by_keys(count)
        say(f"{count:,} keys: {keys[count]}")
    for size in SIZES[::2] if options.quick else SIZES:
        sizes[size] = growth.by_size(size)
        say(f"{size_name(size)}: {sizes[size]}")
    for count, each in growth.by_connections(CONNECTIONS_QUICK if options.quick else CONNECTIONS):
        connections[count] = each
        say(f"{count:,} connections: {each}")
    return keys, sizes, connections


def say(text):
    print(f"bench growth: {text}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(prog="tools/bench growth", description=__doc__)
    parser.add_argument("program", help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="one round of one second, fewer steps")
    parser.add_argument("--full", action="store_true", help=f"up to {KEYS_FULL:,} keys")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2, help="of each measurement")
    parser.add_argument("--folder", default=".", help="where, on the disk to be measured")
    bench_results.add_options(parser)
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 1, 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="dcs-bench-growth-", dir=options.folder) as folder:
        growth = Growth(os.path.abspath(options.program), pathlib.Path(folder).resolve(), options)
        results = section(options, *measured(growth, options))
    results.load = [load, os.getloadavg()[0]]
    results.versions = [
        bench_results.version("DCS", options.program, "--version"),
        bench_results.version("nginx", "nginx", "-v"), bench_results.version("wrk", "wrk", "-v")]
    bench_results.report(results, options)


if __name__ == "__main__":
    main()
