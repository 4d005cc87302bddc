"""A cluster of real programs over a real etcd, in a `Network`."""

import collections
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

from network import DATA_PORT, ETCD, ETCD_PORT, METRICS_PORT, PEER_PORT, Network

LEASE_SECONDS = 3
WAIT_SECONDS = 120
TOOLS = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(TOOLS / "lib"))

from partitions import partition  # noqa: E402

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("DCS_")}


class Late(Exception):
    """Something that must come to be has not."""


def wait_for(what, holds, seconds=WAIT_SECONDS):
    """Waits until `holds` returns something true, and returns it; for long, since machines are busy."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if found := holds():
                return found
        except (OSError, http.client.HTTPException, ValueError):
            pass
        if time.monotonic() > deadline:
            raise Late(f"it did not come to be in {seconds} s that {what}")
        time.sleep(0.05)


def make_certificates(folder, names):
    subprocess.run([TOOLS / "certs", folder, *names], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


class Etcd:
    def __init__(self, folder, network):
        self.folder, self.network = folder, network
        self.process = None

    def start(self):
        address = self.network.address(ETCD)
        client, peer = f"http://{address}:{ETCD_PORT}", f"http://{address}:2380"
        with open(self.folder / "etcd.log", "ab") as log:
            self.process = subprocess.Popen(
                [*self.network.prefix(ETCD), "etcd", "--data-dir", str(self.folder / "etcd"), "--listen-client-urls", client,
                 "--advertise-client-urls", client, "--listen-peer-urls", peer,
                 "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()


class Node:
    """One node's process over its own data folder."""

    def __init__(self, name, program, folder, network, settings):
        self.name, self.program, self.folder, self.network = name, program, folder, network
        self.settings, self.environment = dict(settings), {}
        self.process = None
        self.kills = 0

    @property
    def pid(self):
        return self.process.pid

    def launch(self):
        """Starts the process, and does not wait for it."""
        network, certificates = self.network, self.folder / "certs"
        settings = {
            "cluster": f"etcd://{network.advertised(ETCD)}:{ETCD_PORT}", "node_id": self.name,
            "listen": network.address(self.name), "port": DATA_PORT, "peer_port": PEER_PORT,
            "metrics_port": METRICS_PORT, "insecure": "true",
            "advertise": f"{network.advertised(self.name)}:{DATA_PORT}",
            "peer_ca_path": certificates / "ca.pem",
            "peer_cert_path": certificates / f"{self.name}.pem",
            "peer_key_path": certificates / f"{self.name}.key",
            "lease": LEASE_SECONDS, "replication_ack": "quorum", "default_ttl": "0",
            "max_memory": "256MiB", "threads": 2, **self.settings,
        }
        arguments = [item for key, value in settings.items() for item in ("--set", f"{key}={value}")]
        with open(self.folder / f"{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(
                [*network.prefix(self.name), self.program, "serve",
                 "--data-dir", str(self.folder / self.name), *arguments],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**CLEAN, **self.environment})

    def start(self):
        self.launch()
        wait_for(f"{self.name} is ready", self.is_ready)

    def is_ready(self):
        if self.process.poll() is not None:
            raise Late(f"{self.name} ended with {self.process.returncode}: {self.log_text()[-500:]}")
        ports = json.loads((self.folder / self.name / "dcs.ports.json").read_text())
        return ports["pid"] == self.pid

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        if self.is_running:
            self.kills += 1
            self.process.kill()
            self.process.wait()

    def stop(self):
        """SIGTERM, and the exit code."""
        self.process.terminate()
        return self.process.wait(60)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def log_text(self):
        return (self.folder / f"{self.name}.log").read_text(errors="replace")

    def connect(self, timeout=30):
        return http.client.HTTPConnection(self.network.address(self.name), DATA_PORT, timeout=timeout)

    def ask(self, method, path, body=None, timeout=30, fields=None):
        """One request on a connection of its own: status, fields, body."""
        connection = self.connect(timeout)
        try:
            connection.request(method, path, body, fields or {})
            answer = connection.getresponse()
            found = answer.read()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, found
        finally:
            connection.close()

    def ring(self):
        return Ring(json.loads(self.ask("GET", "/ring", timeout=5)[2]))

    def metrics(self):
        """Every sample without labels, and the sums of those that have some, by name."""
        connection = http.client.HTTPConnection(
            self.network.address(self.name), METRICS_PORT, timeout=10)
        try:
            connection.request("GET", "/metrics")
            found = {}
            for line in connection.getresponse().read().decode().splitlines():
                if not line.startswith("#"):
                    name, _, value = line.rpartition(" ")
                    name = name.partition("{")[0]
                    found[name] = found.get(name, 0) + float(value)
            return found
        finally:
            connection.close()

    def memory_bytes(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024


class Ring:
    """The map as one node has it."""

    def __init__(self, document):
        self.epoch = document["epoch"]
        self.nodes = [node["id"] for node in document["nodes"]]
        self.partitions = document["partitions"]

    def __str__(self):
        copies = collections.Counter(len(one["copies"]) for one in self.partitions)
        leads = {name: (self.led_by(name), self.copies_at(name)) for name in self.nodes}
        return f"epoch {self.epoch}, partitions by copies {dict(copies)}, led and held {leads}"

    def primary(self, number):
        place = self.partitions[number]["primary"]
        return None if place is None else self.nodes[place]

    def primary_of(self, key):
        return self.primary(partition(key))

    def copies_of(self, key):
        return [self.nodes[place] for place in self.partitions[partition(key)]["copies"]]

    def led_by(self, name):
        return sum(self.primary(number) == name for number in range(len(self.partitions)))

    def copies_at(self, name):
        place = self.nodes.index(name) if name in self.nodes else None
        return sum(place in one["copies"] for one in self.partitions)


class Cluster:
    """`settings` of all nodes, in place of what is usual here."""

    def __init__(self, run, count=3, is_direct=False, **settings):
        self.run, self.folder = run, run.new_folder()
        names = [f"node-{number + 1}" for number in range(count)]
        make_certificates(self.folder / "certs", names)
        self.network = Network(names, is_direct)
        self.etcd = Etcd(self.folder, self.network)
        self.nodes = [Node(name, run.program, self.folder, self.network, settings) for name in names]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            for node in self.nodes:
                if node.process:
                    print(f"--- {node.name}\n{node.log_text()[-2500:]}", file=sys.stderr)
        for node in self.nodes:
            if node.is_running:
                node.resume()
            node.kill()
        self.etcd.kill()
        self.network.end()

    def start(self, count=None):
        """Starts etcd and nodes; returns when each partition has its copies."""
        self.etcd.start()
        for node in self.nodes[:count]:
            node.launch()
            self.tell_pids()
        for node in self.nodes[:count]:
            wait_for(f"{node.name} is ready", node.is_ready)
        self.settle(self.nodes[:count])
        return self

    def tell_pids(self):
        self.network.started({node.name: node.pid for node in self.nodes if node.is_running})

    def restart(self, node):
        node.launch()
        self.tell_pids()
        wait_for(f"{node.name} is ready", node.is_ready)

    def settle(self, nodes=None, copies=2, is_balanced=True):
        """Waits until all nodes know one map, in which each partition has its copies."""
        nodes = [node for node in nodes or self.nodes if node.is_running]
        copies = min(copies, len(nodes))

        def is_settled():
            rings = [node.ring() for node in nodes]
            first = rings[0]
            return (len({ring.epoch for ring in rings}) == 1
                    and all(node.name in first.nodes for node in nodes)
                    and all(one["primary"] is not None and len(one["copies"]) == copies
                            for one in first.partitions)
                    and (not is_balanced or self._is_balanced(first, nodes)))

        try:
            wait_for("every partition has its copies", is_settled)
        except Late as late:
            raise Late(f"{late}\n" + "\n".join(str(node.ring()) for node in nodes)) from late

    @staticmethod
    def _is_balanced(ring, nodes):
        counts = [ring.led_by(node.name) for node in nodes]
        return max(counts) - min(counts) <= 2

    def others(self, node):
        return [other for other in self.nodes if other is not node]

    def node(self, name):
        return next(node for node in self.nodes if node.name == name)
