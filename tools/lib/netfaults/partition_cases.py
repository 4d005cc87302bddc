"""Nodes that cannot reach each other, or etcd: as a whole, one way, for a while, half, slowly."""

import time

from harness import case
from network import ETCD
from nodes import LEASE_SECONDS, wait_for
from trial import Trial


def cut_off(run, block):
    """A primary loses the others and etcd, but not its clients."""
    with Trial(run, is_direct=True) as trial:
        victim = trial.victim()
        keys = trial.keys_led_by(victim)
        others = [node.name for node in trial.cluster.others(victim)] + [ETCD]
        for other in others:
            block(trial.network, victim.name, other)
        since = time.monotonic()
        trial.expect_replaced(victim, keys, since)
        trial.expect_served([victim], "without the others")
        trial.expect_no_writes_by(victim, since)


@case("partition", "a primary is cut off from the others and etcd")
def partition(run):
    cut_off(run, lambda network, victim, other: network.separate(victim, other))


@case("one-way-out", "nothing that a primary sends arrives")
def one_way_out(run):
    cut_off(run, lambda network, victim, other: network.block(victim, other))


@case("one-way-in", "nothing arrives at a primary")
def one_way_in(run):
    cut_off(run, lambda network, victim, other: network.block(other, victim))


@case("triangle", "two nodes cannot reach each other, both reach the third and etcd")
def triangle(run):
    with Trial(run, is_direct=True) as trial:
        one, other, _ = trial.random.sample(trial.nodes, 3)
        trial.network.separate(one.name, other.name)
        since = time.monotonic()
        for key in trial.load.keys:
            trial.work(1, lambda call: call.key == key and call.at > since + LEASE_SECONDS,
                       f"{key} takes writes")
        ring = trial.nodes[0].ring()
        run.expect("all three to lead on", [ring.led_by(node.name) for node in trial.nodes],
                   all(ring.led_by(node.name) for node in trial.nodes))


@case("no-etcd", "a primary reaches the others, but not etcd")
def no_etcd(run):
    with Trial(run, is_direct=True) as trial:
        victim = trial.victim()
        keys = trial.keys_led_by(victim)
        trial.network.separate(victim.name, ETCD)
        since = time.monotonic()
        trial.expect_replaced(victim, keys, since)
        trial.expect_served([victim], "without etcd")
        trial.expect_no_writes_by(victim, since)


@case("etcd-down", "etcd is killed, and comes back")
def etcd_down(run):
    with Trial(run) as trial:
        epoch = trial.nodes[0].ring().epoch
        trial.cluster.etcd.kill()
        since = time.monotonic()
        time.sleep(LEASE_SECONDS + 2)
        trial.expect_served(trial.nodes, "without etcd")
        for node in trial.nodes:
            trial.expect_no_writes_by(node, since)
        trial.cluster.etcd.start()
        trial.work(what="writes go on")
        run.expect("the map to go on", trial.nodes[0].ring().epoch, trial.nodes[0].ring().epoch >= epoch)


@case("half-open", "packets between two nodes are lost without a word, then arrive again")
def half_open(run):
    with Trial(run, is_direct=True) as trial:
        one, other = trial.random.sample(trial.nodes, 2)
        before = {node: len(lost_links(node)) for node in (one, other)}
        if trial.network.is_direct:
            trial.network.separate(one.name, other.name)
        else:
            trial.network.shape(one.name, other.name, "drop")
            trial.network.shape(other.name, one.name, "drop")
        since = time.monotonic()
        wait_for("a silent link is given up", lambda: any(
            len(lost_links(node)) > before[node] for node in (one, other)), 60)
        run.say(f"given up after {time.monotonic() - since:.1f} s")
        trial.work()


def lost_links(node):
    return [line for line in node.log_text().splitlines() if "the link to a node has ended" in line]


@case("slow-line", "a replica's line takes 20 KB/s: it is not waited for, and catches up")
def slow_line(run):
    slow(run, "rate", 20_000, "quorum")


@case("stalled-line", "a replica takes nothing, its connections stay open")
def stalled_line(run):
    slow(run, "stall", 0, "quorum")


@case("slow-async", "a replica's line takes 20 KB/s, writes wait for nobody")
def slow_async(run):
    slow(run, "rate", 20_000, "async")


def slow(run, mode, value, acknowledgement):
    with Trial(run, load={"value_bytes": 60_000, "pause_seconds": 0.02},
               replication_ack=acknowledgement) as trial:
        replica = trial.victim()
        others = trial.cluster.others(replica)
        # What is passed on goes over the slow line too, and its clients would wait for nothing else.
        trial.go_direct()
        trial.work()
        usual = trial.latency(others, time.monotonic() - 5)
        for other in others:
            trial.network.shape(other.name, replica.name, mode, value)
        since = time.monotonic()
        if acknowledgement == "async":
            trial.work(400, lambda call: call.node != replica.name)
            slowed = trial.latency(others, since)
            run.expect(f"acknowledgements as before ({usual * 1e3:.1f} ms)", f"{slowed * 1e3:.1f} ms",
                       slowed < 5 * usual + 0.05)
        wait_for("the replica leaves the set", lambda: is_left(trial, replica))
        run.say(f"it left the set after {time.monotonic() - since:.1f} s")
        trial.work(200, lambda call: call.node != replica.name and call.at > since)
        memory = max(node.memory_bytes() for node in others) >> 20
        run.expect("memory within bounds, MiB", memory, memory < 600)
        for other in others:
            trial.network.shape(other.name, replica.name, "pass")


def is_left(trial, replica):
    """No partition that others lead is copied by it."""
    ring = trial.cluster.others(replica)[0].ring()
    if replica.name not in ring.nodes:
        return True
    place = ring.nodes.index(replica.name)
    return not any(place in one["copies"] and one["primary"] not in (None, place)
                   for one in ring.partitions)


@case("stopped", "a primary stands still for 12 s, and goes on")
def stopped(run):
    with Trial(run) as trial:
        victim = trial.victim()
        keys = trial.keys_led_by(victim)
        victim.pause()
        since = time.monotonic()
        trial.expect_replaced(victim, keys, since)
        time.sleep(max(0, since + 4 * LEASE_SECONDS - time.monotonic()))
        victim.resume()
        trial.work()
