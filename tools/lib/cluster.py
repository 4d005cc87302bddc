#!/usr/bin/env python3
"""Runs a cluster of nodes with a real etcd, kills a primary under writes, and compares everything."""

import http.client
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from demo import BATCH, Failure, Progress, batches, corpus

START_SECONDS_MAX = 120
LEASE_SECONDS = 3
WRITERS = 4
ROOT = pathlib.Path(__file__).resolve().parents[2]
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("DCS_")}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(what, holds, seconds=START_SECONDS_MAX):
    """Waits until `holds` returns something true, and returns it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.05)
    raise Failure(f"it did not come to be in {seconds} s that {what}")


class Etcd:
    """An etcd of one member, on ports that were free."""

    def __init__(self, folder):
        self.port, peer = free_port(), free_port()
        self.log = open(folder / "etcd.log", "ab")
        self.process = subprocess.Popen(
            ["etcd", "--data-dir", str(folder / "etcd"),
             "--listen-client-urls", f"http://127.0.0.1:{self.port}",
             "--advertise-client-urls", f"http://127.0.0.1:{self.port}",
             "--listen-peer-urls", f"http://127.0.0.1:{peer}",
             "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
             "--initial-cluster", f"default=http://127.0.0.1:{peer}"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def end(self):
        self.process.kill()
        self.process.wait()


class Node:
    """One node's process over its own data folder."""

    def __init__(self, name, program, folder, etcd, settings):
        self.name, self.program, self.folder, self.etcd = name, program, folder, etcd
        self.settings = settings
        self.process = None
        self.port = 0

    def start(self):
        certificates = self.folder / "certs"
        settings = {
            "cluster": f"etcd://127.0.0.1:{self.etcd.port}", "node_id": self.name, "peer_port": "0",
            "peer_ca_path": certificates / "ca.pem",
            "peer_cert_path": certificates / f"{self.name}.pem",
            "peer_key_path": certificates / f"{self.name}.key",
            "lease": LEASE_SECONDS, "replication_ack": "quorum", "default_ttl": "0",
            "max_memory": "256MiB", **self.settings,
        }
        arguments = [item for key, value in settings.items() for item in ("--set", f"{key}={value}")]
        log = open(self.folder / f"{self.name}.log", "ab")
        self.process = subprocess.Popen(
            [self.program, "serve", "--data-dir", str(self.folder / self.name),
             "--listen", "127.0.0.1:0", "--metrics-port", "0", *arguments],
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=CLEAN)
        path = self.folder / self.name / "dcs.ports.json"

        def ports():
            if self.process.poll() is not None:
                raise Failure(f"{self.name} ended with {self.process.returncode}\n{self.log_text()}")
            try:
                found = json.loads(path.read_text())
                return found if found["pid"] == self.process.pid else None
            except FileNotFoundError:
                return None

        self.port = wait_for(f"{self.name} is ready", ports)["data"]

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log_text(self):
        return (self.folder / f"{self.name}.log").read_text(errors="replace")

    def ask(self, method, path, body=None, timeout=30):
        """One request on a connection of its own: its status and its body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def ring(self):
        return json.loads(self.ask("GET", "/ring")[1])

    def leads(self):
        ring = self.ring()
        names = [node["id"] for node in ring["nodes"]]
        counts = dict.fromkeys(names, 0)
        for partition in ring["partitions"]:
            if partition["primary"] is not None:
                counts[names[partition["primary"]]] += 1
        return counts


class Writer(threading.Thread):
    """Writes its own keys one after the other, and remembers what each may have: what was last
    acknowledged (None where nothing was), and what came after it with an outcome unknown."""

    def __init__(self, number, nodes):
        super().__init__()
        self.number, self.nodes = number, nodes
        self.may_have, self.refusals, self.is_over = {}, [], False
        self.acknowledged = 0

    def run(self):
        count = 0
        while not self.is_over:
            key, value = f"writer/{self.number}/{count % 97}", f"{self.number}:{count}"
            node = self.nodes[count % len(self.nodes)]
            try:
                status, text = node.ask("PUT", f"/cache/{key}", value)
            except OSError:
                status, text = 0, b"unknown-outcome"
            if status in (201, 204):
                self.may_have[key] = [value]
                self.acknowledged += 1
            else:
                self.refusals.append(time.monotonic())
                if b"Not applied" not in text:
                    self.may_have.setdefault(key, [None]).append(value)
            count += 1


class Cluster:
    """`settings` of all nodes, in place of what is usual here."""

    def __init__(self, program, count, folder, settings=None):
        self.etcd = Etcd(folder)
        names = [f"node-{number + 1}" for number in range(count)]
        subprocess.run(
            [ROOT / "tools" / "certs", folder / "certs", *names], check=True,
            stdout=subprocess.DEVNULL)
        self.nodes = [Node(name, program, folder, self.etcd, settings or {}) for name in names]

    def start(self):
        for node in self.nodes:
            node.start()
        self.await_copies(self.nodes)

    def await_copies(self, nodes):
        """Waits until every partition has two copies, and the nodes lead as many as each other."""
        def is_settled():
            ring = nodes[0].ring()
            # Each node learns of a map by itself.
            if any(node.ring()["epoch"] != ring["epoch"] for node in nodes[1:]):
                return False
            counts = [count for name, count in nodes[0].leads().items()
                      if name in {node.name for node in nodes}]
            return (len(counts) == len(nodes)
                    and all(len(one["copies"]) >= 2 for one in ring["partitions"])
                    and max(counts) - min(counts) <= 2)

        wait_for("every partition has two copies", is_settled)

    def await_copies_of(self, count):
        """Waits until every partition is led, and has so many copies."""
        def is_there():
            return all(one["primary"] is not None and len(one["copies"]) >= count
                       for one in self.nodes[0].ring()["partitions"])

        wait_for(f"every partition has {count} copies", is_there)

    def show(self, nodes):
        leads = nodes[0].leads()
        for node in json.loads(nodes[0].ask("GET", "/nodes")[1])["nodes"]:
            print(f"  {node['id']}: {node['state']}, leads {leads.get(node['id'], 0)} of 1024 partitions")

    def end(self):
        for node in self.nodes:
            node.kill()
        self.etcd.end()


def load(nodes, entries):
    items = list(entries.items())
    progress = Progress("loaded", len(items))
    for start, batch in batches(items):
        operations = [{"op": "put", "key": key, "value": value} for key, value in batch]
        node = nodes[start // BATCH % len(nodes)]
        status, text = node.ask("POST", "/cache/batch", json.dumps({"operations": operations}))
        if status != 200:
            raise Failure(f"{status} from {node.name}: {text[:300]}")
        for result in json.loads(text)["results"]:
            if result != {"success": True}:
                raise Failure(f"a put came to {result}")
        progress.update(start + len(batch))
    progress.finish(sum(len(value.encode()) for value in entries.values()))


def read(node, operations):
    """The results of a batch of reads; asked again where nobody served a key for a moment."""
    for _ in range(100):
        _, text = node.ask("POST", "/cache/batch", json.dumps({"operations": operations}))
        results = json.loads(text)["results"]
        if not any(result.get("status") == 503 for result in results):
            break
        time.sleep(0.1)
    return results


def compare(node, entries):
    items = list(entries.items())
    progress = Progress(f"read back from {node.name}", len(items))
    wrong = 0
    for start, batch in batches(items):
        operations = [{"op": "get", "key": key} for key, _ in batch]
        for (key, value), result in zip(batch, read(node, operations)):
            if result.get("value") != value:
                wrong += 1
                print(f"{key}: {result}", file=sys.stderr)
        progress.update(start + len(batch))
    progress.finish(sum(len(value.encode()) for value in entries.values()))
    return wrong


def compare_writers(node, writers):
    wrong = 0
    for writer in writers:
        for key, values in writer.may_have.items():
            status, text = wait_for(
                f"somebody serves {key}", lambda: not_unserved(node.ask("GET", f"/cache/{key}")))
            found = text.decode() if status == 200 else None
            if found not in values:
                wrong += 1
                print(f"{key}: {status} {found}, expected one of {values}", file=sys.stderr)
    return wrong


def not_unserved(answer):
    return None if answer[0] == 503 else answer


def start_writers(nodes):
    writers = [Writer(number, nodes) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    wait_for("the writers write", lambda: all(writer.acknowledged > 50 for writer in writers))
    return writers


def end_writers(writers):
    """Lets the writers write for a while, and ends them."""
    counts = [writer.acknowledged for writer in writers]
    wait_for("the writers go on", lambda: all(
        writer.acknowledged > count + 50 for writer, count in zip(writers, counts)))
    for writer in writers:
        writer.is_over = True
    for writer in writers:
        writer.join()


def fail_over(cluster):
    """Kills the last node under writes. Returns what the writers wrote, and the seconds without."""
    victim, others = cluster.nodes[-1], cluster.nodes[:-1]
    writers = start_writers(others)
    epoch = others[0].ring()["epoch"]
    killed_at = time.monotonic()
    victim.process.send_signal(signal.SIGKILL)
    victim.process.wait()
    wait_for(
        "others lead", lambda: others[0].ring()["epoch"] > epoch
        and others[0].leads().get(victim.name, 0) == 0, seconds=30)
    promoted_at = time.monotonic()
    end_writers(writers)
    last = max([time_ for writer in writers for time_ in writer.refusals], default=killed_at)
    return writers, promoted_at - killed_at, max(0.0, last - killed_at)


def fail_while_joining(cluster, leads):
    """Starts the last node again under writes, and kills it as soon as it leads so many partitions:
    others are on their way to it then."""
    victim, others = cluster.nodes[-1], cluster.nodes[:-1]
    writers = start_writers(others)
    victim.start()
    wait_for(f"{victim.name} leads", lambda: others[0].leads().get(victim.name, 0) >= leads)
    victim.kill()
    wait_for("others lead", lambda: others[0].leads().get(victim.name, 0) == 0, seconds=30)
    end_writers(writers)
    return writers


def run(program, count, folder, entries, source):
    cluster = Cluster(program, count, folder)
    try:
        cluster.start()
        print(f"{count} nodes and etcd:")
        cluster.show(cluster.nodes)
        load(cluster.nodes, entries)
        writers, promoted, refused = fail_over(cluster)
        survivors, victim = cluster.nodes[:-1], cluster.nodes[-1]
        print(f"{victim.name} killed: others lead its partitions after {promoted:.2f} s, the last "
              f"refused write came after {refused:.2f} s")
        cluster.show(survivors)
        wrong = compare(survivors[0], entries) + compare_writers(survivors[-1], writers)
        acknowledged = sum(writer.acknowledged for writer in writers)
        leads = source.randint(1, 300)
        writers = fail_while_joining(cluster, leads)
        print(f"{victim.name} killed again, while it joined and led {leads} partitions or more")
        wrong += compare(survivors[0], entries) + compare_writers(survivors[-1], writers)
        victim.start()
        cluster.await_copies(cluster.nodes)
        print(f"{victim.name} is back:")
        cluster.show(cluster.nodes)
        wrong += compare(victim, entries) + compare_writers(victim, writers)
        acknowledged += sum(writer.acknowledged for writer in writers)
        print(f"{len(entries):,} entries and {acknowledged:,} acknowledged writes: {wrong} wrong")
        return wrong
    except Failure:
        for node in cluster.nodes:
            print(f"--- {node.name}\n{node.log_text()[-3000:]}", file=sys.stderr)
        raise
    finally:
        cluster.end()


def main():
    program, count = sys.argv[1], int(sys.argv[2])
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    source = random.Random(seed)
    if len(sys.argv) > 3:
        entries = {f"key {number}": f"value {source.getrandbits(200):x}" * source.randint(1, 20)
                   for number in range(int(sys.argv[4]))}
    else:
        entries = corpus()
    with tempfile.TemporaryDirectory(prefix="dcs-cluster-") as folder:
        try:
            return 1 if run(program, count, pathlib.Path(folder), entries, source) else 0
        except Failure as failure:
            print(f"cluster: {failure}", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
