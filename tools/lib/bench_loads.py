"""The loads of a benchmark, from processor 1: wrk and h2load over HTTP, those of Redis and memcached."""

import csv
import io
import pathlib
import re
import subprocess

LOAD_CPU = "1"


def run(command):
    result = subprocess.run(
        ["taskset", "-c", LOAD_CPU, *map(str, command)], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        raise RuntimeError(f"{command[0]}: {result.stdout}")
    return result.stdout


class Wrk:
    """Requests over kept connections; `script` is Lua, or nothing for plain GETs."""

    def __init__(self, server, path, connections, script=None, token=None, scheme="http"):
        self.server, self.connections = server, connections
        self.options = ["-s", script] if script else []
        if token:
            self.options += ["-H", "Authorization: Bearer " + token]
        self.url = f"{scheme}://127.0.0.1:{server.port}{path}"

    def measure(self, seconds):
        """Requests and bytes per second, and the server's processor time for a request."""
        before = self.server.processor_seconds()
        report = run(["wrk", "-t1", f"-c{self.connections}", f"-d{seconds}s", *self.options, self.url])
        after = self.server.processor_seconds()
        if "Non-2xx" in report or "Socket errors" in report:
            raise RuntimeError(f"{self.url}: {report}")
        requests, taken, byte_count = re.search(
            r"(\d+) requests in ([\d.]+\w+), ([\d.]+\w+) read", report).groups()
        if int(requests) == 0:
            raise RuntimeError(f"{self.url}: no answer to {self.connections} connections: {report}")
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", report)[1])
        return {
            "rate": rate,
            "bytes": amount(byte_count) / duration(taken),
            "user": (after[0] - before[0]) / int(requests) * 1e6,
            "system": (after[1] - before[1]) / int(requests) * 1e6,
        }


class RedisBenchmark:
    """Commands by redis-benchmark, as many as take about the time asked for."""

    def __init__(self, server, connections, *arguments):
        self.server = server
        self.command = [
            "redis-benchmark", "-p", server.port, "-c", connections, "--csv", *arguments]
        self.rate = 20_000.0

    def measure(self, seconds):
        count = max(int(self.rate * seconds), 1000)
        command = self.command[:1] + ["-n", count] + self.command[1:]
        before = self.server.processor_seconds()
        rows = list(csv.reader(io.StringIO(run(command))))
        after = self.server.processor_seconds()
        self.rate = float(next(row for row in rows if row and row[0] != "test")[1])
        return {
            "rate": self.rate,
            "user": (after[0] - before[0]) / count * 1e6,
            "system": (after[1] - before[1]) / count * 1e6,
        }


class MemcachedLoad:
    """Gets of a key, or sets of keys in turn, over kept connections, by memcached_load.c."""

    def __init__(self, program, server, connections, value_bytes, operation, argument):
        self.server = server
        self.command = [program, server.port, connections]
        self.operation = [value_bytes, operation, argument]

    @staticmethod
    def build(folder):
        """The load's program, compiled into the folder by the Swift toolchain's clang."""
        source = pathlib.Path(__file__).resolve().parent / "memcached_load.c"
        program = folder / "memcached_load"
        subprocess.run(["clang", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, source],
                       check=True)
        return program

    def measure(self, seconds):
        before = self.server.processor_seconds()
        report = run([*self.command, seconds, *self.operation])
        after = self.server.processor_seconds()
        requests, taken = int(report.split()[0]), float(report.split()[1])
        return {
            "rate": requests / taken,
            "user": (after[0] - before[0]) / requests * 1e6,
            "system": (after[1] - before[1]) / requests * 1e6,
        }


class ConstantRate:
    """Requests at a given rate by h2load over HTTP/1.1; their 99th percentile in microseconds."""

    def __init__(self, server, path, connections, log):
        self.url = f"http://127.0.0.1:{server.port}{path}"
        self.connections, self.log = connections, log

    def measure(self, seconds, rate):
        self.log.unlink(missing_ok=True)
        run(["h2load", "--h1", "-t1", "-m1", f"-c{self.connections}", f"-D{seconds}",
             f"--rps={rate / self.connections:.1f}", f"--log-file={self.log}", self.url])
        times = []
        with open(self.log, encoding="ascii") as lines:
            for line in lines:
                _, status, microseconds = line.split("\t")[:3]
                if status != "200":
                    raise RuntimeError(f"{self.url}: status {status}")
                times.append(int(microseconds))
        times.sort()
        return {"p99": float(times[len(times) * 99 // 100]), "rate": len(times) / seconds}


def amount(text):
    """Bytes of wrk's `1.23GB`, whose units are powers of 1024."""
    number, unit = re.fullmatch(r"([\d.]+)([KMGT]?)B", text).groups()
    return float(number) * 1024 ** ["", "K", "M", "G", "T"].index(unit)


def duration(text):
    """Seconds of wrk's `1.23s` or `1.23m`."""
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m|h)", text).groups()
    return float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}[unit]
