"""What a kill costs a cluster, and how fast a new node catches up."""

import json
import os
import random
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time

import bench_results
from bench_servers import make_certificate
from cluster import Cluster, compare_writers, fail_over, wait_for
from partitions import partition

BATCH = 50
VALUE_BYTES = 10_000


def kill_with_copies(program, folder, rounds):
    """A primary is killed under writes that wait for a copy."""
    seconds, lost = [], []
    for number in range(rounds):
        place = folder / f"kill-{number}"
        place.mkdir()
        cluster = Cluster(program, 3, place)
        try:
            cluster.start()
            writers, _, refused = fail_over(cluster)
            seconds.append(refused)
            lost.append(compare_writers(cluster.nodes[0], writers))
        finally:
            cluster.end()
            shutil.rmtree(place)
    return [
        bench_results.Figure(
            "kill -9 of a primary: until its keys take writes (lease 3 s)", "s", "less",
            {"DCS, 3 nodes": seconds}, [bench_results.Target(4.0)]),
        bench_results.Figure(
            "acknowledged quorum writes lost by it", "writes", "less", {"DCS, 3 nodes": lost},
            [bench_results.Target(0)])]


class BatchWriter(threading.Thread):
    """Writes new keys of one node to it, batch by batch, and when each was answered."""

    def __init__(self, node, number, leads):
        super().__init__()
        self.node, self.number, self.leads = node, number, leads
        self.acknowledged, self.is_over = [], False

    def run(self):
        count = 0
        while not self.is_over:
            keys = []
            while len(keys) < BATCH:
                key = f"loss/{self.number}/{count}"
                count += 1
                if self.leads(key):
                    keys.append(key)
            body = json.dumps({"operations": [{"op": "put", "key": key, "value": "x"} for key in keys]})
            try:
                status, text = self.node.ask("POST", "/cache/batch", body)
            except OSError:
                return
            if status == 200 and json.loads(text)["results"] == [{"success": True}] * BATCH:
                self.acknowledged.append((time.monotonic(), keys))


def lost_without_copies(program, place):
    """Kills a primary under writes that wait for nothing but its own log.
    Returns acknowledged writes, the lost ones, and the milliseconds from the oldest of those to
    the kill."""
    cluster = Cluster(program, 3, place, {"replication_ack": "async"})
    try:
        cluster.start()
        victim, other = cluster.nodes[-1], cluster.nodes[0]
        ring = victim.ring()
        mine = [node["id"] for node in ring["nodes"]].index(victim.name)
        writers = [
            BatchWriter(victim, number,
                        lambda key: ring["partitions"][partition(key)]["primary"] == mine)
            for number in range(2)]
        for writer in writers:
            writer.start()
        wait_for("the writers write", lambda: all(len(one.acknowledged) > 40 for one in writers))
        killed = time.monotonic()
        victim.kill()
        for writer in writers:
            writer.is_over = True
            writer.join()
        wait_for("others lead", lambda: other.leads().get(victim.name, 0) == 0, 30)
        batches = [batch for writer in writers for batch in writer.acknowledged]
        missing = [answered for answered, keys in batches for found in found_of(other, keys)
                   if not found]
        return (len(batches) * BATCH, len(missing),
                max((killed - answered for answered in missing), default=0) * 1e3)
    finally:
        cluster.end()


def found_of(node, keys):
    body = json.dumps({"operations": [{"op": "get", "key": key} for key in keys]})

    def answered():
        results = json.loads(node.ask("POST", "/cache/batch", body)[1])["results"]
        return None if any(one.get("status") == 503 for one in results) else results

    return [one["found"] for one in wait_for("the keys are served", answered)]


def kill_without_copies(program, folder, rounds):
    rows = []
    for number in range(rounds):
        place = folder / f"loss-{number}"
        place.mkdir()
        acknowledged, lost, window = lost_without_copies(program, place)
        rows.append([f"kill {number + 1}", f"{acknowledged:,}", f"{lost:,}", f"{window:.1f}"])
        shutil.rmtree(place)
    return bench_results.Table(
        ["async, a primary killed under writes", "acknowledged", "lost", "the oldest, ms before"], rows)


def catch_up(program, folder, options):
    """A second node comes to one that has all there is."""
    rates = []
    for number in range(min(options.rounds, 3)):
        place = folder / f"catch-{number}"
        place.mkdir()
        cluster = Cluster(program, 2, place, {"max_memory": "2GiB", "max_disk": "8GiB"})
        try:
            cluster.nodes[0].start()
            cluster.await_copies_of(1)
            count = options.megabytes * 1_000_000 // VALUE_BYTES
            fill(cluster.nodes[0], count, number)
            began = time.monotonic()
            cluster.nodes[1].start()
            cluster.await_copies_of(2)
            rates.append(count * VALUE_BYTES / 1e6 / (time.monotonic() - began))
        finally:
            cluster.end()
            shutil.rmtree(place)
    half = [loopback_speed(folder) / 2 for _ in rates]
    return [bench_results.Figure(
        f"catch-up of a new node, {options.megabytes} MB, its start included", "MB/s", "more",
        {"DCS": rates, "half of TLS on loopback": half}, [bench_results.Target(100)])]


def fill(node, count, seed):
    """Values in which LZ4 finds nothing to shorten."""
    source = random.Random(seed)
    for start in range(0, count, BATCH):
        puts = [{"op": "put", "key": f"key {number}", "value": source.randbytes(VALUE_BYTES // 2).hex()}
                for number in range(start, min(count, start + BATCH))]
        status, text = node.ask("POST", "/cache/batch", json.dumps({"operations": puts}))
        if status != 200:
            raise RuntimeError(f"{status}: {text[:200]}")


def loopback_speed(folder):
    """MB/s of TLS 1.3 from one process to another, as fast as Python's OpenSSL takes it."""
    # Both ends in C would be faster: a bound from below of what loopback can do.
    code = ("import socket, ssl, sys\ncontext = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)\n"
            "context.check_hostname, context.verify_mode = False, ssl.CERT_NONE\n"
            "raw = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
            "end = context.wrap_socket(raw)\nwhile end.recv(1 << 20): pass\n")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*make_certificate(folder))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with subprocess.Popen([sys.executable, "-c", code, str(listener.getsockname()[1])]) as other:
            end = context.wrap_socket(listener.accept()[0], server_side=True)
            page, pages = os.urandom(1 << 20), 500
            began = time.monotonic()
            for _ in range(pages):
                end.sendall(page)
            end.close()
            other.wait()
            return pages * len(page) / 1e6 / (time.monotonic() - began)
