"""Processes that die, come, go and come back with what nobody else has; clocks; certificates."""

import pathlib
import socket
import ssl
import subprocess
import time

from harness import case
from load import TIMEOUT_SECONDS
from network import PEER_PORT
from nodes import make_certificates, partition, wait_for
from trial import Trial


@case("primary-killed", "a primary is killed, and comes back")
def primary_killed(run):
    with Trial(run) as trial:
        victim = trial.victim()
        keys = trial.keys_led_by(victim)
        victim.kill()
        trial.expect_replaced(victim, keys, time.monotonic())
        trial.cluster.restart(victim)


@case("replica-killed", "nodes are killed between what they do, again and again")
def replica_killed(run):
    with Trial(run, load={"pause_seconds": 0.01}) as trial:
        for _ in range(2 if run.fast else 8):
            victim = trial.random.choice(trial.nodes)
            time.sleep(trial.random.random() * 0.5)
            victim.kill()
            # Some come back before anybody has missed them.
            time.sleep(trial.random.choice([0, 0.5, 5]))
            trial.cluster.restart(victim)
            trial.work(30)


@case("join", "nodes join under writes, and are killed on their way")
def join(run):
    with Trial(run, count=5, started=3) as trial:
        for node in trial.nodes[3:]:
            for _ in range(1 if run.fast else 4):
                node.launch()
                trial.cluster.tell_pids()
                copies = trial.random.randrange(1, 600)
                witness, end = trial.nodes[0], time.monotonic() + 5 * trial.random.random()
                wait_for("it has some copies, or time is up", lambda: time.monotonic() > end
                         or witness.ring().copies_at(node.name) > copies)
                node.kill()
                trial.work(30)
            trial.cluster.restart(node)
            trial.load.nodes.append(node)
        trial.cluster.settle()


@case("divergent", "a primary comes back with acknowledged writes that nobody else has")
def divergent(run):
    with Trial(run, load={"clients": 0}, replication_ack="async") as trial:
        victim = trial.nodes[1]
        ring = victim.ring()
        mine = [key for key in (f"tail/{number}" for number in range(3000))
                if ring.primary(partition(key)) == victim.name][:300]
        for other in trial.cluster.others(victim):
            trial.network.block(victim.name, other.name)
        answers = [victim.ask("PUT", f"/cache/{key}", b"tail")[0] for key in mine]
        victim.kill()
        run.expect("all writes to be acknowledged", set(answers), set(answers) == {201})
        witness = trial.nodes[0]
        wait_for("others lead", lambda: witness.ring().led_by(victim.name) == 0)
        trial.network.heal()
        found = [witness.ask("GET", f"/cache/{key}")[0] for key in mine]
        run.say(f"{found.count(404)} of {len(mine)} acknowledged writes went with their primary")
        half = mine[::2]
        for key in half:
            witness.ask("PUT", f"/cache/{key}", b"new")
        trial.cluster.restart(victim)
        trial.cluster.settle()
        given_up = victim.metrics()["dcs_replication_partitions_given_up_total"]
        lost = {partition(key) for key, status in zip(mine, found) if status == 404}
        run.expect("the tail to be counted", (given_up, len(lost)), not lost or given_up > 0)
        wrong = []
        for key, status in zip(mine, found):
            wanted = (200, b"new") if key in half else (200, b"tail") if status == 200 else (404, None)
            for node in trial.nodes:
                seen, _, body = node.ask("GET", f"/cache/{key}")
                if seen != wanted[0] or seen == 200 and body != wanted[1]:
                    wrong.append(f"{key} at {node.name}: {seen} {body[:20]!r}, not {wanted}")
        run.expect("nothing of the tail to come back", wrong[:2] or "so", not wrong)


@case("behind-the-log", "a node comes back when the log of the others begins behind what it has")
def behind_the_log(run):
    with Trial(run, max_memory="1GiB", max_disk="4GiB") as trial:
        victim = trial.nodes[2]
        victim.kill()
        others = trial.cluster.others(victim)
        wait_for("others lead", lambda: others[0].ring().led_by(victim.name) == 0)
        body = trial.random.randbytes(500_000)
        for number in range(1400):
            status = 503
            while status == 503:
                status, _, text = others[number % 2].ask("PUT", f"/cache/large/{number % 50}", body)
            run.checks or status in (201, 204) or run.expect("a large write", (status, text), False)
        trial.cluster.restart(victim)
        trial.cluster.settle()
        copied = victim.metrics()["dcs_replication_partitions_copied_total"]
        run.expect("partitions to be copied as a whole", copied, copied > 0)


@case("clocks", "one node's wall clock is stepped by an hour to and fro")
def clocks(run):
    from shim import WrongClock
    clock = WrongClock(run)
    trial = Trial(run)
    trial.nodes[1].environment = clock.environment
    with trial:
        for seconds in (3600, 0, -3600, 60, -time.time() + 5, 0):
            clock.seconds = seconds
            trial.work(60)
        run.expect("everybody to be there", trial.nodes[0].ring().led_by("node-2"),
                   trial.nodes[0].ring().led_by("node-2") > 0)


@case("certificates", "strangers at the peer port, and a member of another authority")
def certificates(run):
    with Trial(run, count=4, started=3) as trial:
        folder, foreign = trial.cluster.folder, trial.cluster.folder / "foreign"
        make_certificates(foreign, ["node-1", "node-4"])
        make_certificates(folder / "certs", ["stranger"])
        lost = sum(node.metrics()["dcs_partitions_led"] for node in trial.nodes[:3])
        attempts = {
            "no certificate": (None, None, {}),
            "another authority": (foreign, "node-1", {}),
            "a name that is no member": (folder / "certs", "stranger", {}),
            "TLS 1.2": (folder / "certs", "node-2",
                        {"maximum_version": ssl.TLSVersion.TLSv1_2}),
        }
        for what, (place, name, options) in attempts.items():
            answer = knock(trial, place, name, options)
            run.expect(f"{what} to be turned away", answer, not answer)
        answer = knock(trial, folder / "certs", "node-2", {})
        run.expect("a member to be heard", answer, answer == b"\x01\x00\x00\x00\x01")
        answer = plain(trial)
        run.expect("plain text to be turned away", answer, not answer)
        impostor = trial.nodes[3]
        for end in ("pem", "key"):
            (folder / "certs" / f"node-4.{end}").write_bytes((foreign / f"node-4.{end}").read_bytes())
        (folder / "certs" / "ca-ours.pem").write_bytes((folder / "certs" / "ca.pem").read_bytes())
        impostor.settings["peer_ca_path"] = foreign / "ca.pem"
        trial.cluster.restart(impostor)
        trial.work(200)
        ring = trial.nodes[0].ring()
        run.expect("it to get nothing", (ring.copies_at("node-4"), ring.led_by("node-4")),
                   ring.copies_at("node-4") == 0 and ring.led_by("node-4") == 0)
        run.expect("the others to lead on", lost, lost == 1024)
        impostor.kill()
        # Its place is kept for it, and nothing was given up for its sake.
        trial.is_balanced = False


def knock(trial, folder, name, options):
    """What the peer port of the first node says to who comes with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["dcs-peer/1"])
    for option, value in options.items():
        setattr(context, option, value)
    if folder:
        context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    address = trial.network.address("node-1"), PEER_PORT
    try:
        with socket.create_connection(address, 10) as raw, context.wrap_socket(raw) as end:
            end.sendall(b"\x01\x00\x00\x00\x00")
            return end.recv(5)
    except OSError:
        return b""


def plain(trial):
    try:
        with socket.create_connection((trial.network.address("node-1"), PEER_PORT), 10) as raw:
            raw.sendall(b"\x01\x00\x00\x00\x00")
            # A TLS alert is no frame.
            return raw.recv(5).startswith(b"\x01\x00\x00\x00")
    except OSError:
        return False


@case("random", "whatever comes to the seed's mind")
def at_random(run):
    with Trial(run, load={"pause_seconds": 0.02}) as trial:
        for _ in range(4 if run.fast else 16):
            trial.random.choice(HARM)(trial, *trial.random.sample(trial.nodes, 2))
            time.sleep(trial.random.random() * 2)
            if trial.random.random() < 0.6:
                recover(trial)
        recover(trial)


def recover(trial):
    members = [node.name for node in trial.nodes] + ["etcd"]
    trial.network.heal()
    for source in members:
        for target in members:
            if source != target:
                trial.network.shape(source, target, "pass")
    for node in trial.nodes:
        if node.is_running:
            node.resume()
        else:
            node.launch()
            trial.cluster.tell_pids()


HARM = [
    lambda trial, one, other: one.kill(),
    lambda trial, one, other: one.is_running and one.pause(),
    lambda trial, one, other: trial.network.separate(one.name, other.name),
    lambda trial, one, other: trial.network.block(one.name, other.name),
    lambda trial, one, other: trial.network.separate(one.name, "etcd"),
    lambda trial, one, other: trial.network.block("etcd", one.name),
    lambda trial, one, other: trial.network.isolate(
        one.name, [node.name for node in trial.cluster.others(one)] + ["etcd"]),
    lambda trial, one, other: trial.network.cut(one.name, other.name),
    lambda trial, one, other: trial.network.shape(one.name, other.name, "delay", 200),
    lambda trial, one, other: trial.network.shape(one.name, other.name, "rate", 20_000),
    lambda trial, one, other: trial.network.shape(one.name, other.name, "drop"),
]
