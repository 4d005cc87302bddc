"""What a kill of a primary takes of acknowledged writes, by what they waited for, at several loads."""

import http.client
import json
import threading
import time

from harness import case
from nodes import partition, wait_for
from trial import Trial

# Writers, and keys that each writes with one request.
LOADS = [(1, 1), (8, 1), (4, 50)]
SECONDS = 1.0


class Writer(threading.Thread):
    """Writes new keys that one node leads, to it, on one connection, until that ends."""

    def __init__(self, node, keys, batch):
        super().__init__()
        self.node, self.keys, self.batch = node, keys, batch
        # When each request was answered, and its keys.
        self.acknowledged = []

    def run(self):
        connection = self.node.connect()
        try:
            while True:
                keys = [next(self.keys) for _ in range(self.batch)]
                if self.batch == 1:
                    connection.request("PUT", f"/cache/{keys[0]}", b"x" * 100)
                else:
                    connection.request("POST", "/cache/batch", json.dumps({"operations": [
                        {"op": "put", "key": key, "value": "x" * 100} for key in keys]}))
                answer = connection.getresponse()
                text = answer.read()
                if answer.status in (201, 204) or answer.status == 200 and b"error" not in text:
                    self.acknowledged.append((time.monotonic(), keys))
        except (OSError, http.client.HTTPException):
            connection.close()


def keys_of(ring, node, prefix):
    number = 0
    while True:
        key = f"{prefix}/{number}"
        number += 1
        if ring.primary(partition(key)) == node.name:
            yield key


def kill_under_load(trial, victim, load, label):
    """Returns acknowledged writes, those that are gone, and for how long the oldest of these had
    been acknowledged, in seconds."""
    ring = victim.ring()
    writers = [Writer(victim, keys_of(ring, victim, f"{label}/{number}"), load[1])
               for number in range(load[0])]
    for writer in writers:
        writer.start()
    time.sleep(SECONDS + trial.random.random())
    victim.kill()
    killed = time.monotonic()
    for writer in writers:
        writer.join()
    witness = trial.cluster.others(victim)[0]
    wait_for("others lead", lambda: witness.ring().led_by(victim.name) == 0)
    answers = [answer for writer in writers for answer in writer.acknowledged]
    lost = [at for at, keys in answers for found in found_of(witness, keys) if not found]
    return (sum(len(keys) for _, keys in answers), len(lost),
            max((killed - at for at in lost), default=0.0))


def found_of(node, keys):
    body = json.dumps({"operations": [{"op": "get", "key": key} for key in keys]})

    def answered():
        results = json.loads(node.ask("POST", "/cache/batch", body)[2])["results"]
        return None if any(one.get("status") == 503 for one in results) else results

    return [one["found"] for one in wait_for("the keys are served", answered)]


@case("loss", "a primary is killed under writes: what it takes with it, by replication_ack")
def loss(run):
    for acknowledgement in ("async", "one", "quorum"):
        with Trial(run, load={"clients": 0}, replication_ack=acknowledgement) as trial:
            for load in LOADS[:1] if run.fast else LOADS:
                measure(run, trial, acknowledgement, load)


def measure(run, trial, acknowledgement, load):
    rounds = []
    for number in range(3):
        victim = trial.nodes[number % 3]
        rounds.append(kill_under_load(trial, victim, load, f"{acknowledgement}/{load[0]}x{load[1]}/{number}"))
        trial.cluster.restart(victim)
        trial.cluster.settle()
    writes, lost, oldest = (max(one[place] for one in rounds) for place in range(3))
    what = f"{acknowledgement}, {load[0]} writers, {load[1]} keys a request"
    run.expect(f"{what}: to write at all", writes, writes > 0)
    run.say(f"{what}: up to {writes} writes acknowledged before each of {len(rounds)} kills, "
            f"up to {lost} lost, the oldest {oldest * 1e3:.1f} ms old")
    if acknowledgement == "async":
        # What is not on its way after seconds would not be lagging, but forgotten.
        run.expect(f"{what}: nothing older to be lost than a lease", oldest, oldest < 3)
    else:
        run.expect(f"{what}: nothing to be lost", lost, lost == 0)
