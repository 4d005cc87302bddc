"""The network that a cluster runs in: a namespace for each member, or loopback, and proxies between.

In namespaces each member has its own, with a pair of veth devices to a bridge, and packets can be lost
in one direction of one pair. Everything is in a namespace of the whole run, so that nothing of it is
left however that ends. On loopback, where namespaces are not permitted, members have addresses of
127.0.0.0/8 and all faults are those of the proxy.
"""

import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

PROXY = pathlib.Path(__file__).with_name("proxy.py")
ETCD = "etcd"
ETCD_PORT, DATA_PORT, PEER_PORT, METRICS_PORT = 2379, 50051, 50052, 9898
INSIDE = "DCS_FAULTS_NAMESPACE"
NOBODY = "02:00:00:00:00:fe"


def enter_namespace():
    """Goes on in a network namespace of its own where that is permitted; returns otherwise, with the
    reason why not, or None once inside."""
    if os.environ.get(INSIDE):
        run("ip", "link", "set", "lo", "up")
        return None
    if not shutil.which("ip") or not shutil.which("unshare"):
        return "there is no ip or no unshare"
    for options in (["--net"], ["--user", "--map-root-user", "--net"]):
        trial = subprocess.run(
            ["unshare", *options, "ip", "link", "add", "trial", "type", "bridge"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if trial.returncode == 0:
            os.environ[INSIDE] = "1"
            os.execvp("unshare", ["unshare", *options, sys.executable, *sys.argv])
    return f"network namespaces are not permitted: {trial.stderr.strip()}"


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")


class ProxyProcess:
    def __init__(self, prefix, source, listeners):
        settings = json.dumps({"from": source, "listeners": listeners})
        self.process = subprocess.Popen(
            [*prefix, sys.executable, str(PROXY), settings], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, bufsize=1)
        self._expect_ok()

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self._expect_ok()

    def _expect_ok(self):
        answer = self.process.stdout.readline()
        if answer != "ok\n":
            raise RuntimeError(f"a proxy answers {answer!r}")

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Network:
    """Addresses of some members and of etcd, and what is between each two of them.

    `is_direct`: without proxies, so that the programs' own sockets feel what happens to packets.
    """

    def __init__(self, names, is_direct=False):
        self.has_namespaces = bool(os.environ.get(INSIDE))
        if is_direct and not self.has_namespaces:
            is_direct = False
        self.names, self.is_direct = list(names), is_direct
        self.holders, self.proxies, self.blocks = {}, [], set()
        places = {name: 11 + number for number, name in enumerate(self.names)}
        places[ETCD] = 2
        near, far = ("10.77.0", "10.78.0")
        if not self.has_namespaces:
            first, second = random.randrange(1, 250), random.randrange(1, 124)
            near, far = f"127.{first}.{2 * second}", f"127.{first}.{2 * second + 1}"
        self.near = {name: f"{near}.{place}" for name, place in places.items()}
        self.far = {name: f"{far}.{place}" for name, place in places.items()}
        if self.has_namespaces:
            self._build()
        if not is_direct:
            self._start_proxies()

    # What members are told.

    def address(self, name):
        """Where a member listens, and its clients find it."""
        return self.near[name]

    def advertised(self, name):
        """Where other members find it."""
        return self.near[name] if self.is_direct else self.far[name]

    def prefix(self, name):
        """What runs a command where a member is."""
        if name not in self.holders:
            return []
        return ["nsenter", "--target", str(self.holders[name].pid), "--net", "--"]

    def started(self, pids):
        """The processes of the members, for who must know whose connections are whose."""
        if self.proxies and not self.has_namespaces:
            self.proxies[0].tell("pids " + json.dumps(pids))

    # Faults.

    def block(self, source, target):
        """Nothing goes from one to the other any more; nobody is told."""
        if not self.is_direct:
            return self._tell(f"set {source} {target} stall")
        self.blocks.add((source, target))
        self._neighbour(source, "replace", self.near[target], "lladdr", NOBODY, "nud", "permanent")

    def unblock(self, source, target):
        if not self.is_direct:
            return self._tell(f"set {source} {target} pass")
        if (source, target) in self.blocks:
            self.blocks.discard((source, target))
            self._neighbour(source, "del", self.near[target])

    def separate(self, one, other):
        """Nothing goes between the two, in either direction."""
        self.block(one, other)
        self.block(other, one)

    def isolate(self, name, others):
        for other in others:
            self.separate(name, other)

    def heal(self):
        members = [*self.names, ETCD]
        for source in members:
            for target in members:
                if source != target:
                    self.unblock(source, target)

    def shape(self, source, target, mode, value=0):
        """Sets a mode of the proxy for one direction: `delay`, `rate`, `stall`, `drop` or `pass`."""
        self._tell(f"set {source} {target} {mode} {value}")

    def cut(self, one, other):
        """Resets all connections between the two."""
        self._tell(f"cut {one} {other}")

    def _tell(self, line):
        for proxy in self.proxies:
            proxy.tell(line)

    # How it is made.

    def _neighbour(self, name, *words):
        run(*self.prefix(name), "ip", "neigh", *words, "dev", "eth0")

    def _build(self):
        run("ip", "link", "add", "bridge", "type", "bridge")
        # Where the clients are, whom no fault between members is to touch.
        run("ip", "addr", "add", "10.77.0.1/24", "dev", "bridge")
        run("ip", "link", "set", "bridge", "up")
        for number, name in enumerate([*self.names, ETCD]):
            holder = subprocess.Popen(
                ["unshare", "--net", "sleep", "infinity"], stdin=subprocess.DEVNULL)
            self.holders[name] = holder
            mine = os.readlink("/proc/self/ns/net")
            while os.readlink(f"/proc/{holder.pid}/ns/net") == mine:
                time.sleep(0.005)
            run("ip", "link", "add", f"veth{number}", "type", "veth", "peer", "name", "eth0",
                "netns", str(holder.pid))
            run("ip", "link", "set", f"veth{number}", "master", "bridge", "up")
            commands = ["ip link set lo up", f"ip addr add {self.near[name]}/24 dev eth0",
                        "ip link set eth0 up"]
            commands += [f"ip addr add {address}/32 dev lo" for other, address in self.far.items()
                         if other != name]
            run(*self.prefix(name), "sh", "-ec", "\n".join(commands))

    def _start_proxies(self):
        listeners = [
            {"to": name, "address": self.far[name], "port": port, "target": [self.near[name], port]}
            for name, port in [(ETCD, ETCD_PORT), *((name, PEER_PORT) for name in self.names)]]
        if not self.has_namespaces:
            self.proxies = [ProxyProcess([], None, listeners)]
            return
        for name in self.names:
            others = [one for one in listeners if one["to"] != name]
            self.proxies.append(ProxyProcess(self.prefix(name), name, others))

    def end(self):
        for proxy in self.proxies:
            proxy.end()
        for holder in self.holders.values():
            holder.kill()
            holder.wait()
        if self.has_namespaces:
            run("ip", "link", "del", "bridge")
            for number in range(len(self.names) + 1):
                # With their namespaces they go by themselves, only later.
                subprocess.run(["ip", "link", "del", f"veth{number}"], capture_output=True)
