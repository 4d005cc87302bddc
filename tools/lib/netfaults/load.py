"""Clients of a cluster, each in a thread: reads, puts, deletes and conditional writes of a few keys,
whose calls a `History` takes down."""

import hashlib
import http.client
import random
import threading
import time

from history import History

TIMEOUT_SECONDS = 1.5


class Client(threading.Thread):
    def __init__(self, load, number):
        super().__init__(daemon=True)
        self.load, self.number = load, number
        self.random = random.Random(f"{load.seed}.{number}")
        self.connections, self.tags = {}, {}

    def run(self):
        while not self.load.is_over:
            if self.load.is_paused:
                self.load.idle.add(self.number)
                time.sleep(0.02)
                continue
            self.load.idle.discard(self.number)
            self.once()
            time.sleep(self.random.random() * self.load.pause_seconds)
        for connection in self.connections.values():
            connection.close()

    def once(self):
        history, key = self.load.history, self.random.choice(self.load.keys)
        node = self.load.primaries.get(key) or self.random.choice(self.load.nodes)
        draw, now = self.random.random(), time.monotonic()
        if draw < 0.45:
            call = history.begin(self.number, key, "read", now)
            return self.send(node, call, "GET", None, {})
        if draw < 0.5:
            return self.send(
                node, history.begin(self.number, key, "delete", now), "DELETE", None, {})
        fields, rule = {}, "always"
        if draw > 0.92:
            fields, rule = {"If-None-Match": "*"}, "absent"
        elif draw > 0.85 and key in self.tags:
            tag, value = self.tags[key]
            fields, rule = {"If-Match": tag}, f"is:{value}"
        value = history.new_value()
        call = history.begin(self.number, key, "put", now, value, rule)
        self.send(node, call, "PUT", self.load.body(value), fields)

    def connection(self, node):
        if node.name not in self.connections:
            connection = node.connect(TIMEOUT_SECONDS)
            connection.connect()
            self.connections[node.name] = connection
        return self.connections[node.name]

    def send(self, node, call, method, body, fields):
        try:
            connection = self.connection(node)
        except OSError:
            # Not sent.
            return self.load.history.end(call, "failed", time.monotonic())
        try:
            connection.request(method, f"/cache/{call.key}", body, fields)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.connections.pop(node.name).close()
            return self.load.history.end(call, "unknown", time.monotonic())
        meaning = self.meaning(call, answer, text)
        self.load.history.end(call, meaning, time.monotonic(), answer.getheader("DCS-Node"))
        if answer.getheader("Connection", "").lower() == "close":
            self.connections.pop(node.name).close()

    def meaning(self, call, answer, text):
        """What an answer says for the record."""
        status = answer.status
        if call.action == "read":
            if status not in (200, 404) or answer.getheader("DCS-Lag") is not None:
                # What may lag, and says so, is no answer of the cluster.
                self.load.lagging += answer.getheader("DCS-Lag") is not None
                return "failed"
            if status == 404:
                return "found:-"
            value = int(text.split(b":", 1)[0])
            if text != self.load.body(value):
                self.load.wrong.append(f"{call.key}: {text[:60]!r} is no value that was written")
            self.tags[call.key] = answer.getheader("ETag"), value
            return f"found:{value}"
        if status in (200, 201, 204) or status == 404 and call.action == "delete":
            if call.action == "delete":
                return "applied:new" if status == 404 else "applied:replaced"
            return "applied:new" if status == 201 else "applied:replaced"
        if status == 412:
            # A tag is of one node: that it is another's says nothing of the value.
            return "refused" if call.rule == "absent" else "failed"
        return "failed" if b"Not applied" in text or b"not applied" in text else "unknown"


class Load:
    """Clients at work until the block ends."""

    def __init__(self, run, nodes, clients=6, keys=12, value_bytes=200, pause_seconds=0.04):
        self.seed, self.nodes = f"{run.seed}.{run.name}", nodes
        self.keys = [f"key-{number}" for number in range(keys)]
        self.value_bytes, self.pause_seconds = value_bytes, pause_seconds
        # Whom clients ask for a key; another, of any node, as `GET /ring` lets them.
        self.primaries = {}
        self.history, self.wrong, self.lagging = History(), [], 0
        self.is_over, self.is_paused, self.idle = False, False, set()
        self.clients = [Client(self, number) for number in range(clients)]

    def body(self, value):
        noise = hashlib.shake_128(str(value).encode()).hexdigest((self.value_bytes + value % 97) // 2)
        return f"{value}:{noise}".encode()

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *_):
        self.is_over = True
        for client in self.clients:
            client.join()

    def pause(self):
        """Lets every client end what it does."""
        self.is_paused = True
        while len(self.idle) < len(self.clients):
            time.sleep(0.01)

    def resume(self):
        self.is_paused = False
        self.idle.clear()
