#!/usr/bin/env python3
"""Loads Debian's package descriptions into a node, kills it, restarts it and compares everything."""

import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

BATCH = 500
START_SECONDS_MAX = 60


class Node:
    """A server process on a free port over one data folder."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.log = open(folder / "log", "ab")
        self.process = self.connection = None

    def start(self):
        data = self.folder / "data"
        began = time.monotonic()
        self.process = subprocess.Popen(
            [self.program, "serve", "--data-dir", str(data), "--listen", "127.0.0.1:0",
             "--metrics-port", "0"],
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env={name: value for name, value in os.environ.items() if not name.startswith("DCS_")},
        )
        port = self.wait_for_port(data / "dcs.ports.json", began + START_SECONDS_MAX)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        return time.monotonic() - began

    def wait_for_port(self, path, deadline):
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Failure(f"the server ended with {self.process.returncode}\n{self.log_text()}")
            try:
                ports = json.loads(path.read_text())
                # The file of the killed process stays until this one removes it.
                if ports["pid"] == self.process.pid:
                    return ports["data"]
            except FileNotFoundError:
                pass
            time.sleep(0.01)
        raise Failure(f"the server was not ready in {START_SECONDS_MAX} s\n{self.log_text()}")

    def batch(self, operations):
        body = json.dumps({"operations": operations})
        self.connection.request("POST", "/cache/batch", body, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise Failure(f"{answer.status} from /cache/batch: {text.decode(errors='replace')}")
        return json.loads(text)["results"]

    def end(self, number):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait()
        if self.connection:
            self.connection.close()
        return self.process and self.process.returncode

    def log_text(self):
        return (self.folder / "log").read_text(errors="replace")


class Failure(Exception):
    pass


class Progress:
    """A line that counts, redrawn on a terminal; in a file, one line for each tenth."""

    def __init__(self, title, total):
        self.title, self.total, self.shown = title, total, -1
        self.began = time.monotonic()

    def update(self, done):
        percent = done * 100 // self.total
        step = 1 if sys.stderr.isatty() else 10
        if percent // step > self.shown:
            self.shown = percent // step
            end = "\r" if sys.stderr.isatty() else "\n"
            print(f"  {self.title}: {done:,} of {self.total:,} ({percent} %)", end=end, file=sys.stderr)

    def finish(self, byte_count):
        seconds = time.monotonic() - self.began
        if sys.stderr.isatty():
            print("\033[K", end="", file=sys.stderr)
        rate, megabytes = self.total / seconds, byte_count / seconds / 1e6
        print(f"{self.title}: {self.total:,} entries in {seconds:.2f} s, {rate:,.0f}/s, {megabytes:.1f} MB/s")


def corpus():
    """Package names with their descriptions, as the machine's package index gives them."""
    output = subprocess.run(
        ["apt-cache", "dumpavail"], stdout=subprocess.PIPE, check=True, stdin=subprocess.DEVNULL
    ).stdout.decode("utf-8", errors="replace")
    entries = {}
    for paragraph in output.split("\n\n"):
        fields, name = {}, None
        for line in paragraph.split("\n"):
            if line.startswith(" ") and name:
                fields[name] += "\n" + line[1:]
            elif ": " in line:
                name, value = line.split(": ", 1)
                fields[name] = value
        description = fields.get("Description-en") or fields.get("Description")
        if "Package" in fields and description:
            entries.setdefault("debian/" + fields["Package"], description)
    return entries


def batches(items):
    for start in range(0, len(items), BATCH):
        yield start, items[start : start + BATCH]


def load(node, entries, byte_count):
    items = list(entries.items())
    progress = Progress("written", len(items))
    for start, part in batches(items):
        results = node.batch(
            [{"op": "put", "key": key, "value": value, "ttl": 0} for key, value in part])
        refused = [result for result in results if result != {"success": True}]
        if refused or len(results) != len(part):
            raise Failure(f"a write was refused: {refused[:1]}")
        progress.update(start + len(part))
    progress.finish(byte_count)


def compare(node, entries, byte_count):
    """Reads everything back; returns how many entries differ."""
    keys = list(entries)
    progress = Progress("read back", len(keys))
    different = []
    for start, part in batches(keys):
        results = node.batch([{"op": "get", "key": key} for key in part])
        if len(results) != len(part):
            raise Failure(f"{len(results)} answers to {len(part)} reads")
        different += [
            key for key, result in zip(part, results)
            if not result.get("found") or result.get("value") != entries[key]
        ]
        progress.update(start + len(part))
    progress.finish(byte_count)
    for key in different[:5]:
        print(f"  differs: {key}")
    return len(different)


def run(program, folder):
    entries = corpus()
    if not entries:
        raise Failure("the package index is empty")
    byte_count = sum(len(key.encode()) + len(value.encode()) for key, value in entries.items())
    print(f"corpus: {len(entries):,} package descriptions, {byte_count / 1e6:.1f} MB")
    node = Node(program, folder)
    try:
        node.start()
        load(node, entries, byte_count)
        print(f"killed: SIGKILL, the process ended with {node.end(signal.SIGKILL)}")
        print(f"restarted: ready after {node.start():.2f} s")
        different = compare(node, entries, byte_count)
        code = node.end(signal.SIGTERM)
        if code != 0:
            raise Failure(f"the server ended with {code} after SIGTERM\n{node.log_text()}")
    finally:
        node.end(signal.SIGKILL)
    if different:
        raise Failure(f"{different:,} of {len(entries):,} entries differ")
    print(f"result: all {len(entries):,} entries are as they were written")


def main():
    # So that a stopped demo cleans up as an interrupted one does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="dcs-demo-") as folder:
        try:
            run(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(folder))
        except Failure as failure:
            print(f"demo: FAILED: {failure}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
