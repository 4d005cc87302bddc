"""Writes of every kind, repeatable from a seed: each value is unique."""

import hashlib
import random

from client import Lost, WINDOW, Write


def text(label, size):
    """`size` bytes that begin with the label and do not compress; letters and digits only."""
    noise = hashlib.shake_128(label.encode()).hexdigest(max(0, size - len(label)) // 2 + 1)
    return (label + " " + noise)[:max(size, len(label) + 1)].encode()


class Load:
    """Puts, overwrites, deletes, entries with an end and atomic batches over a set of keys."""

    def __init__(self, oracle, seed, keys=60, size=24_000, batches=True, ttl=True,
                 prefix=""):
        self.oracle = oracle
        self._random = random.Random(seed)
        self._seed, self._keys, self._size = seed, keys, size
        self._batches, self._ttl, self._prefix = batches, ttl, prefix
        self._step = 0
        self.acknowledged = 0

    def next(self, **fields):
        self._step += 1
        choice = self._random.random()
        label = f"{self._seed}.{self._step}"
        if self._batches and choice < 0.05:
            group = self._random.randrange(5)
            values = {f"batch {group}.{n}": text(f"{label}.{n}", 300) for n in range(4)}
            return Write(self.oracle, values, **fields)
        key = f"{self._prefix}key {self._random.randrange(self._keys)}"
        if choice < 0.15:
            return Write(self.oracle, {key: None}, **fields)
        if self._ttl and choice < 0.20:
            return Write(self.oracle, {f"short {label}": text(label, 400)}, ttl=0.3, **fields)
        size = self._random.choice((10, 200, 2000, self._size, 2 * self._size))
        return Write(self.oracle, {key: text(label, size)}, **fields)

    def run(self, connection, count, window=WINDOW, until=None, **fields):
        """Sends `count` writes. Returns False where the connection was lost, or `until`, asked
        after each window with its answers, says so."""
        try:
            for start in range(0, count, window):
                writes = [self.next(**fields) for _ in range(min(window, count - start))]
                for write in writes:
                    write.send(connection)
                answers = []
                for write in writes:
                    answers.append(connection.receive())
                    # At once: what was acknowledged before the connection is lost, counts.
                    self.acknowledged += write.settle(answers[-1])
                if until and until(answers):
                    return False
        except Lost:
            return False
        return True
