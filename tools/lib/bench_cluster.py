#!/usr/bin/env python3
"""Measures a cluster of three nodes and etcd: beside one node, and beside Redis with a replica."""

import argparse
import http.client
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import bench_results
from bench_cluster_faults import catch_up, kill_with_copies, kill_without_copies
from bench_loads import duration
from bench_servers import free_port, processor_seconds
from cluster import Cluster, wait_for
from partitions import partition

VALUE = "x" * 100
KEYS = 3_000
CONNECTIONS = 64
PROBES = 300
SETTINGS = {"threads": 1, "max_memory": "512MiB"}
SCRIPT = """
local requests, next = {}, 0
init = function()
    for key in io.lines("%s") do
        requests[#requests + 1] = wrk.format(
            "POST", "/cache", nil, '{"key":"' .. key .. '","value":"%s"}')
    end
end
request = function()
    next = next %% #requests + 1
    return requests[next]
end
"""


class Load:
    """wrk on a port, writing keys in turn; `end` waits for it."""

    def __init__(self, folder, name, port, keys):
        self.port = port
        names = folder / f"{name}.keys"
        names.write_text("".join(key + "\n" for key in keys))
        self.script = folder / f"{name}.lua"
        self.script.write_text(SCRIPT % (names, VALUE))

    def start(self, connections, seconds):
        return subprocess.Popen(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", self.script,
             f"http://127.0.0.1:{self.port}/cache"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    @staticmethod
    def end(process):
        """Requests a second, and the median of their microseconds."""
        report = process.communicate()[0]
        if process.returncode or "Non-2xx" in report or "Socket errors" in report:
            raise RuntimeError(report)
        middle = duration(re.search(r"50%\s+([\d.]+\w+)", report)[1]) * 1e6
        return float(re.search(r"Requests/sec:\s+([\d.]+)", report)[1]), middle


class Group:
    """Some nodes, and what is written to each of them."""

    def __init__(self, program, folder, count, settings, options):
        folder.mkdir()
        self.options = options
        self.cluster = Cluster(program, count, folder, {**SETTINGS, **settings})
        self.nodes = self.cluster.nodes
        self.cluster.start()
        self.keys = [f"key:{number}" for number in range(KEYS)]
        ring = self.nodes[0].ring()
        names = [node["id"] for node in ring["nodes"]]
        self.leader = {
            key: names[ring["partitions"][partition(key)]["primary"]] for key in self.keys}
        self.direct = [
            Load(folder, f"direct-{node.name}", node.port,
                 [key for key in self.keys if self.leader[key] == node.name])
            for node in self.nodes]
        self.anywhere = [
            Load(folder, f"any-{node.name}", node.port, self.keys) for node in self.nodes]

    def processor_seconds(self):
        return sum(sum(processor_seconds(node.process.pid)) for node in self.nodes)

    def rates(self, loads):
        """Writes a second, and for each second of processor time of the nodes."""
        before = self.processor_seconds()
        began = time.monotonic()
        share = CONNECTIONS // len(loads)
        running = [load.start(share, self.options.seconds) for load in loads]
        rate = sum(Load.end(process)[0] for process in running)
        taken = time.monotonic() - began
        return rate, rate * taken / (self.processor_seconds() - before)

    def latency(self):
        """The median of a write's microseconds, one at a time."""
        return Load.end(self.direct[0].start(1, self.options.seconds))[1]

    def end(self):
        self.cluster.end()


class Alone:
    """One node without a cluster, which is asked as the nodes of one are."""

    def __init__(self, program, folder, options):
        folder.mkdir()
        self.options = options
        self.port = free_port()
        settings = [part for key, value in {**SETTINGS, "default_ttl": 0}.items()
                    for part in ("--set", f"{key}={value}")]
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                [program, "serve", "--data-dir", folder / "data", "--listen",
                 f"127.0.0.1:{self.port}", "--metrics-port", "0", *settings],
                cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for("one node answers", self.answers)
        self.load = Load(folder, "all", self.port, [f"key:{number}" for number in range(KEYS)])

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def rates(self):
        before = sum(processor_seconds(self.process.pid))
        began = time.monotonic()
        rate = Load.end(self.load.start(CONNECTIONS, self.options.seconds))[0]
        taken = time.monotonic() - began
        return rate, rate * taken / (sum(processor_seconds(self.process.pid)) - before)

    def latency(self):
        return Load.end(self.load.start(1, self.options.seconds))[1]

    def end(self):
        self.process.kill()
        self.process.wait()


class RedisPair:
    """A primary and its replica, both with appendonly everysec."""

    def __init__(self, folder, options):
        folder.mkdir()
        self.folder, self.options, self.processes = folder, options, []
        self.port = self.start("primary")
        self.start("replica", "--replicaof", "127.0.0.1", self.port)
        self.program = folder / "redis_wait_load"
        source = pathlib.Path(__file__).resolve().parent / "redis_wait_load.c"
        subprocess.run(["clang", "-O2", "-Wall", "-Wextra", "-Werror", "-o", self.program, source],
                       check=True)
        wait_for("the replica follows", lambda: "state=online" in self.ask("INFO", "replication"))

    def start(self, name, *options):
        port = free_port()
        folder = self.folder / name
        folder.mkdir()
        with open(folder / "log", "wb") as log:
            self.processes.append(subprocess.Popen(
                ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
                 "--appendonly", "yes", "--appendfsync", "everysec", "--dir", folder,
                 *map(str, options)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        return port

    def ask(self, *words):
        return subprocess.run(
            ["redis-cli", "-p", str(self.port), *words], check=False, stdout=subprocess.PIPE,
            text=True).stdout

    def rates(self):
        before = sum(sum(processor_seconds(each.pid)) for each in self.processes)
        report = subprocess.run(
            [self.program, str(self.port), str(CONNECTIONS), str(self.options.seconds),
             str(len(VALUE)), str(KEYS)],
            check=True, stdout=subprocess.PIPE, text=True).stdout.split()
        after = sum(sum(processor_seconds(each.pid)) for each in self.processes)
        writes = int(report[0])
        return writes / float(report[1]), writes / (after - before)

    def end(self):
        for process in self.processes:
            process.kill()
            process.wait()


def round_trip():
    """The median of a byte's microseconds to another process and back over loopback TCP."""
    echo = ("import socket\nlistener = socket.create_server(('127.0.0.1', 0))\n"
            "print(listener.getsockname()[1], flush=True)\nend = listener.accept()[0]\n"
            "end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)\n"
            "while byte := end.recv(64): end.sendall(byte)\n")
    with subprocess.Popen([sys.executable, "-c", echo], stdout=subprocess.PIPE, text=True) as other:
        with socket.create_connection(("127.0.0.1", int(other.stdout.readline()))) as end:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            times = []
            for _ in range(5_000):
                began = time.perf_counter()
                end.sendall(b"x")
                end.recv(64)
                times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e6


def lag(group, rate):
    """Milliseconds from a write's answer until its replica shows it, at half of a rate: the 99th
    percentile. The load is a part of the connections; how much of the rate that is, is told."""
    share = max(1, CONNECTIONS // 16)
    loads = [load.start(share, 2 + PROBES // 100) for load in group.direct]
    times = []
    ring = group.nodes[0].ring()
    names = [node["id"] for node in ring["nodes"]]
    ends = {node.name: http.client.HTTPConnection("127.0.0.1", node.port) for node in group.nodes}

    def ask(name, method, path, body=None):
        ends[name].request(method, path, body)
        answer = ends[name].getresponse()
        return answer.status, answer.read()

    for number in range(PROBES):
        key = f"probe:{number}"
        state = ring["partitions"][partition(key)]
        primary = names[state["primary"]]
        replica = next(names[each] for each in state["copies"] if names[each] != primary)
        if ask(primary, "PUT", f"/cache/{key}", VALUE)[0] not in (201, 204):
            raise RuntimeError(f"{key} was not written")
        began = time.perf_counter()
        while ask(replica, "GET", f"/cache/{key}?read=local")[0] != 200:
            if time.perf_counter() - began > 10:
                raise RuntimeError(f"{key} does not come to {replica}")
        times.append((time.perf_counter() - began) * 1e3)
    reached = sum(Load.end(load)[0] for load in loads)
    times.sort()
    return times[len(times) * 99 // 100], reached / rate


def measure(program, folder, options):
    """All figures, and what they need to be understood."""
    work = {name: [] for name in ("direct", "any", "alone", "quorum", "redis")}
    speed = {name: [] for name in work}
    delay = {"quorum": [], "alone": [], "bound": []}
    lags = []
    servers = []
    try:
        for make in [
                lambda: Group(program, folder / "async", 3, {"replication_ack": "async"}, options),
                lambda: Group(program, folder / "quorum", 3, {"replication_ack": "quorum"}, options),
                lambda: Alone(program, folder / "alone", options),
                lambda: RedisPair(folder / "redis", options)]:
            servers.append(make())
        group, quorum, alone, redis = servers
        for number in range(options.rounds):
            for name, rates in [
                    ("direct", lambda: group.rates(group.direct)),
                    ("any", lambda: group.rates(group.anywhere)), ("alone", alone.rates),
                    ("quorum", lambda: quorum.rates(quorum.direct)), ("redis", redis.rates)]:
                rate, each = rates()
                speed[name].append(rate)
                work[name].append(each)
            delay["alone"].append(alone.latency())
            delay["quorum"].append(quorum.latency())
            delay["bound"].append((delay["alone"][-1] + 2 * round_trip()) * 1.2)
            lags.append(lag(group, statistics.median(speed["direct"])))
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
    finally:
        for server in servers:
            server.end()
    target = bench_results.Target
    figure = bench_results.Figure
    share = statistics.median(part for _, part in lags)
    return [
        figure("PUT async for a second of processor time, to who leads the key", "writes", "more",
               {"DCS, 3 nodes": work["direct"], "DCS, 1 node": work["alone"]},
               [target(0.6, "DCS, 1 node")]),
        figure("the same, to any node", "writes", "more",
               {"DCS, 3 nodes": work["any"], "DCS, 1 node": work["alone"]}),
        figure("PUT quorum, one at a time, p50", "µs", "less",
               {"DCS, 3 nodes": delay["quorum"], "1 node + 2 round trips + 20 %": delay["bound"]},
               [target(1.0, "1 node + 2 round trips + 20 %")]),
        figure(f"PUT quorum, {CONNECTIONS} connections", "writes/s", "more",
               {"DCS, 3 nodes": speed["quorum"], "Redis, WAIT 1": speed["redis"]},
               [target(1.0, "Redis, WAIT 1")]),
        figure("the same for a second of processor time", "writes", "more",
               {"DCS, 3 nodes": work["quorum"], "Redis, WAIT 1": work["redis"]}),
        figure(f"lag of a replica, p99, at {share * 100:.0f} % of the rate", "ms", "less",
               {"DCS, 3 nodes": [each for each, _ in lags]}, [target(10)]),
    ]


def main():
    parser = argparse.ArgumentParser(prog="tools/bench cluster", description=__doc__)
    parser.add_argument("program", help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="one round of one second, one kill")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--megabytes", type=int, default=400, help="that a new node catches up with")
    bench_results.add_options(parser)
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.megabytes = 1, 1, 50
    section = bench_results.Section(
        "cluster", "A cluster",
        f"tools/bench cluster --rounds {options.rounds} --seconds {options.seconds}",
        "Three nodes with a thread each, two copies, mutual TLS between them, and etcd; wrk writes "
        "values of 100 bytes, and a load of ours to Redis. Nobody is pinned.", quick=options.quick)
    program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory(prefix="dcs-bench-") as name:
        folder = pathlib.Path(name)
        section.figures = measure(program, folder, options)
        section.figures += kill_with_copies(program, folder, options.rounds)
        section.figures += catch_up(program, folder, options)
        section.tables = [kill_without_copies(program, folder, options.rounds)]
    section.versions = [
        bench_results.version("DCS", program, "--version"),
        bench_results.version("Redis", "redis-server", "--version"),
        bench_results.version("etcd", "etcd", "--version"),
        bench_results.version("wrk", "wrk", "-v")]
    bench_results.report(section.ended(), options)


if __name__ == "__main__":
    main()
