"""Drives a headless Chromium by the DevTools protocol, with nothing but the standard library."""

import base64
import json
import os
import pathlib
import socket
import struct
import subprocess
import tempfile
import time

ANSWER_SECONDS_MAX = 30


class BrowserError(Exception):
    pass


class WebSocket:
    """A client's end of a WebSocket (RFC 6455): whole text messages only."""

    def __init__(self, host, port, path):
        self.socket = socket.create_connection((host, port), ANSWER_SECONDS_MAX)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n").encode())
        self.rest = b""
        while b"\r\n\r\n" not in self.rest:
            self.rest += self.more()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise BrowserError(f"no WebSocket: {head[:80]!r}")

    def more(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise BrowserError("the browser closed the connection")
        return data

    def take(self, count):
        while len(self.rest) < count:
            self.rest += self.more()
        data, self.rest = self.rest[:count], self.rest[count:]
        return data

    def send(self, text):
        data = text.encode()
        mask = os.urandom(4)
        if len(data) < 126:
            head = struct.pack("!BB", 0x81, 0x80 | len(data))
        elif len(data) < 1 << 16:
            head = struct.pack("!BBH", 0x81, 0x80 | 126, len(data))
        else:
            head = struct.pack("!BBQ", 0x81, 0x80 | 127, len(data))
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
        self.socket.sendall(head + mask + masked)

    def receive(self):
        message = b""
        while True:
            first, second = self.take(2)
            length = second & 0x7F
            if length == 126:
                length, = struct.unpack("!H", self.take(2))
            elif length == 127:
                length, = struct.unpack("!Q", self.take(8))
            data = self.take(length)
            if first & 0x0F in (0, 1):
                message += data
                if first & 0x80:
                    return message.decode()
            elif first & 0x0F == 8:
                raise BrowserError("the browser ended the session")


class Browser:
    """A browser with one page and a profile of its own. Ends with its `with` block."""

    def __init__(self, program):
        self.folder = tempfile.TemporaryDirectory()
        profile = pathlib.Path(self.folder.name)
        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--disable-background-networking", "--disable-component-update",
             f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": self.folder.name})
        port, path = self.wait_for_port(profile / "DevToolsActivePort")
        self.connection = WebSocket("127.0.0.1", port, path)
        self.number = 0
        self.session = None
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call(
            "Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def wait_for_port(self, file):
        for _ in range(ANSWER_SECONDS_MAX * 10):
            if file.exists() and len(lines := file.read_text().split("\n")) > 1:
                return int(lines[0]), lines[1]
            if self.process.poll() is not None:
                raise BrowserError(f"the browser ended with {self.process.returncode}")
            time.sleep(0.1)
        raise BrowserError("the browser did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        # Its children may still be writing into the profile.
        self.folder._finalizer.detach()
        subprocess.run(["rm", "-rf", self.folder.name], check=False)

    def call(self, method, **parameters):
        """Calls a method of the protocol; events that come meanwhile are kept in `events`."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.connection.send(json.dumps(message))
        while True:
            answer = json.loads(self.connection.receive())
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def evaluate(self, expression):
        """The value of a JavaScript expression in the page."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait_for(self, expression):
        """Waits until an expression is true."""
        end = time.monotonic() + ANSWER_SECONDS_MAX
        while time.monotonic() < end:
            if self.evaluate(expression):
                return
            time.sleep(0.05)
        raise BrowserError(f"never true: {expression}")

    def screenshot(self, file):
        """The whole page as PNG."""
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        file.write_bytes(base64.b64decode(data))

    def complaints(self):
        """What the page and the browser complained about: exceptions, console errors, refusals."""
        texts = []
        for event in self.events:
            details = event.get("params", {})
            if event.get("method") == "Runtime.exceptionThrown":
                texts.append(str(details["exceptionDetails"]))
            elif event.get("method") == "Log.entryAdded" and details["entry"]["level"] == "error":
                texts.append(details["entry"]["text"])
        return texts
