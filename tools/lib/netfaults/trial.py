"""A cluster under load, what is done to it, and what must hold in the end."""

import random
import statistics
import time

from load import Load
from network import ETCD
from nodes import LEASE_SECONDS, Cluster, wait_for


class Trial:
    """Starts a cluster and clients; at the block's end everything is healed and compared."""

    def __init__(self, run, count=3, started=None, is_direct=False, load=None, **settings):
        self.run, self.started = run, started
        # Acknowledged writes may go with their primary: their history needs no order.
        self.may_lose = settings.get("replication_ack") == "async"
        self.random = random.Random(f"{run.seed}.{run.name}")
        self.cluster = Cluster(run, count, is_direct, **settings)
        self.network, self.nodes = self.cluster.network, self.cluster.nodes
        # The nodes lead as many partitions as each other in the end.
        self.is_balanced = True
        self.load = Load(run, self.nodes[:started], **(load or {}))

    def __enter__(self):
        self.cluster.__enter__()
        try:
            self.cluster.start(self.started)
            self.load.__enter__()
            if self.load.clients:
                self.work()
        except BaseException as failure:
            self.load.is_over = True
            self.cluster.__exit__(type(failure), failure, None)
            raise
        return self

    def __exit__(self, kind, failure, traceback):
        try:
            if kind is None:
                self.conclude()
        except BaseException as problem:
            kind, failure = type(problem), problem
            raise
        finally:
            self.load.__exit__()
            self.cluster.__exit__(kind or (self.run.differences or None), failure, traceback)

    # What goes on meanwhile.

    @property
    def history(self):
        return self.load.history

    def work(self, count=60, holds=lambda call: True, what="clients are served"):
        """Waits until so many more writes are acknowledged, of those that are meant."""
        before = len(self.history.applied(holds))
        wait_for(what, lambda: len(self.history.applied(holds)) >= before + count)

    def victim(self):
        """A node that leads keys which clients use."""
        ring = self.nodes[0].ring()
        names = sorted({ring.primary_of(key) for key in self.load.keys})
        return self.cluster.node(self.random.choice(names))

    def go_direct(self):
        """From now on clients ask the node that leads a key now, and no other."""
        ring = self.nodes[0].ring()
        self.load.primaries = {key: self.cluster.node(ring.primary_of(key)) for key in self.load.keys}

    def keys_led_by(self, node):
        ring = self.nodes[0].ring()
        return {key for key in self.load.keys if ring.primary_of(key) == node.name}

    def expect_replaced(self, victim, keys, since):
        """Others lead what the victim led, and take writes of it."""
        witness = self.cluster.others(victim)[0]
        wait_for("others lead", lambda: witness.ring().led_by(victim.name) == 0)
        led = time.monotonic() - since
        self.work(20, lambda call: call.key in keys and call.node != victim.name,
                  "keys of the node that is gone take writes")
        first = min(call.answered_at for call in self.history.applied(
            lambda call: call.key in keys and call.node != victim.name and call.at > since))
        self.run.say(f"others led after {led:.1f} s, and wrote after {first - since:.1f} s")

    def latency(self, nodes, since):
        """The median of what writes took that these nodes acknowledged, in seconds."""
        names = {node.name for node in nodes}
        return statistics.median(call.answered_at - call.at for call in self.history.applied(
            lambda call: call.node in names and call.at > since))

    def expect_no_writes_by(self, victim, since):
        """A node that may not renew its lease acknowledges nothing that is sent after its end."""
        late = self.history.applied(
            lambda call: call.node == victim.name and call.at > since + LEASE_SECONDS)
        self.run.expect("no write to be acknowledged without a lease", late[0].line() if late else "so",
                        not late)

    def expect_served(self, nodes, what):
        """Each of the nodes answers reads of the keys of which it has a copy, though they may lag.
        Not those whose last write waits for copies: that may be shown to nobody."""
        for node in nodes:
            ring = node.ring()
            answers = [node.ask("GET", f"/cache/{key}?read=local", timeout=10)[0]
                       for key in self.load.keys if node.name in ring.copies_of(key)]
            self.run.expect(
                f"{what}: {node.name} to answer reads", answers,
                set(answers) & {200, 404} and set(answers) <= {200, 404, 504})

    @property
    def copies(self):
        """Who has a copy of each key, as some node knows it."""
        ring = self.nodes[0].ring()
        return {key: ring.copies_of(key) for key in self.load.keys}

    # The end.

    def conclude(self):
        self.network.heal()
        self.load.primaries = {}
        nodes = [node for node in self.nodes if node.is_running]
        self.cluster.settle(nodes, is_balanced=self.is_balanced)
        if not self.load.clients:
            return
        self.work(30 if self.run.fast else 100, what="clients are served again")
        self.load.pause()
        self.cluster.settle(nodes, is_balanced=self.is_balanced)
        self.read_back(nodes)
        self.compare_copies()
        if not self.may_lose:
            verdict = self.history.judge(self.run.checker)
            self.run.expect("a history that one copy of each key explains", verdict or "so", not verdict)
        self.run.expect("no value but those that were written", self.load.wrong[:2] or "so",
                        not self.load.wrong)
        if self.run.is_verbose:
            self.history.print_course()
        counts = self.history.counts()
        self.run.say(", ".join(f"{count} {answer}" for answer, count in counts.most_common())
                     + f"; {self.load.lagging} reads said that they may lag")

    def read_back(self, nodes):
        """Every key once more from every node: part of the history."""
        client = self.load.clients[0]
        for node in nodes:
            for key in self.load.keys:
                def is_read():
                    call = self.history.begin(client.number, key, "read", time.monotonic())
                    client.send(node, call, "GET", None, {})
                    return call.answer.startswith("found")

                wait_for(f"{node.name} answers for {key}", is_read)

    def compare_copies(self):
        """All copies of a key come to be what its primary has."""
        different = []
        for key, names in self.copies.items():
            def found():
                return [self.cluster.node(name).ask("GET", f"/cache/{key}?read=local") for name in names]

            def are_equal():
                return len({(status, body) for status, _, body in found()}) == 1

            try:
                wait_for(f"copies of {key} are equal", are_equal, 30)
            except Exception:
                different.append(f"{key}: {[(status, body[:30]) for status, _, body in found()]}")
        self.run.expect("equal copies of every key", different[:2] or "so", not different)


def members(cluster):
    return [*(node.name for node in cluster.nodes), ETCD]
