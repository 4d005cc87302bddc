"""A small HTTP/1.1 client of the data port, and what the answers mean for the oracle."""

import json
import socket
import time
import urllib.parse

from oracle import Failed

WINDOW = 16


class Lost(Exception):
    """The connection ended, or nobody answered in time."""


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    @property
    def kind(self):
        """The last part of a problem's type, such as `disk-full`; empty where it is none."""
        if self.fields.get("content-type") != "application/problem+json":
            return ""
        return json.loads(self.body)["type"].rsplit(":", 1)[-1]

    @property
    def detail(self):
        return json.loads(self.body).get("detail", "") if self.kind else ""


class Connection:
    def __init__(self, port, timeout=30.0):
        try:
            self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        except OSError as error:
            raise Lost(str(error)) from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._input = self._socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._input.close()
        self._socket.close()

    def send(self, method, target, body=b"", fields=()):
        head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n"
        try:
            self._socket.sendall(head.encode() + body)
        except OSError as error:
            raise Lost(str(error)) from error

    def receive(self):
        try:
            line = self._input.readline()
            if not line.endswith(b"\n"):
                raise Lost("the connection ended")
            status = int(line.split()[1])
            fields = {}
            while (line := self._input.readline()) not in (b"\r\n", b""):
                name, _, value = line.decode().partition(":")
                fields[name.lower()] = value.strip()
            length = int(fields.get("content-length", 0)) if status not in (204, 304) else 0
            body = self._input.read(length)
            if len(body) < length or line == b"":
                raise Lost("the connection ended within an answer")
        except OSError as error:
            raise Lost(str(error)) from error
        return Answer(status, fields, body)

    def ask(self, method, target, body=b"", fields=()):
        self.send(method, target, body, fields)
        return self.receive()


def target(key, **query):
    text = "/cache/" + urllib.parse.quote(key, safe="")
    return text + ("?" + urllib.parse.urlencode(query) if query else "")


class Write:
    """One request that writes, and the attempt that it is to the oracle."""

    def __init__(self, oracle, values, ttl=None, **fields):
        self._oracle, self._values, self._ttl = oracle, values, ttl
        self._fields = [(name.replace("_", "-"), value) for name, value in fields.items()]
        self.sent = None
        self.attempt = None

    def send(self, connection):
        self.sent = time.monotonic()
        # An entry that nobody acknowledged may have been written at any moment since.
        ends = None if self._ttl is None else (self.sent + self._ttl, float("inf"))
        self.attempt = self._oracle.begin(self._values, ends)
        if len(self._values) > 1:
            operations = [
                {"op": "delete", "key": key} if value is None
                else {"op": "put", "key": key, "value": value.decode(), "ttl": self._ttl or 0}
                for key, value in self._values.items()]
            body = json.dumps({"operations": operations, "atomic": True}).encode()
            connection.send("POST", "/cache/batch", body, self._fields)
            return
        ((key, value),) = self._values.items()
        if value is None:
            connection.send("DELETE", target(key), b"", self._fields)
        else:
            connection.send("PUT", target(key, ttl=self._ttl or 0), value, self._fields)

    def settle(self, answer):
        """Tells the oracle what the answer means. Returns whether the write was acknowledged."""
        if answer.status < 300 or answer.status == 404 and None in self._values.values():
            ends = None
            if self._ttl is not None:
                ends = (self.sent + self._ttl, time.monotonic() + self._ttl)
            self._oracle.acknowledged(self.attempt, ends)
            return True
        if "ot applied" in answer.detail:
            self._oracle.refused(self.attempt)
        return False


def read(connection, keys, window=WINDOW):
    """What each key has: a value, None, or `Failed`."""
    keys = list(keys)
    found = {}
    for start in range(0, len(keys), window):
        part = keys[start : start + window]
        for key in part:
            connection.send("GET", target(key))
        for key in part:
            answer = connection.receive()
            if answer.status == 200:
                found[key] = answer.body
            elif answer.status == 404:
                found[key] = None
            else:
                found[key] = Failed(answer.status, answer.kind)
    return found
