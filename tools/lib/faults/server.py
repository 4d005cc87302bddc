"""The program under test as a process of its own, and strace around it."""

import os
import pathlib
import re
import signal
import subprocess
import time

from client import Connection, Lost
from machine import need_strace

# Small, so that a few megabytes make log files roll, segments and compaction.
SMALL = {"max_memory": "64MiB", "max_disk": "64MiB", "default_ttl": 0, "threads": 2}

START_SECONDS = 60
POLL_SECONDS = 0.004


class Refused(Exception):
    """The program ended instead of starting. The message is what it said."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code, self.message = code, message


class Server:
    """`dcs serve` over one data folder; started again and again."""

    def __init__(self, program, folder, **settings):
        self.program, self.folder = program, pathlib.Path(folder)
        self.data = self.folder / "data"
        self.settings = {**SMALL, **settings}
        self.environment = {}
        self.port = self.management_port = self.pid = self._process = None
        # Where it says what it does; not the folder of its data, which may be read-only.
        self.logs = self.folder
        self._starts = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self, wrapper=()):
        """Returns when the node is ready. `wrapper` is a command that runs it, such as strace.
        Raises `Refused` where it ended first."""
        self._starts += 1
        self._log = self.logs / f"log.{self._starts}"
        command = [*wrapper, str(self.program), "serve", "--data-dir", str(self.data)]
        command += ["--listen", "127.0.0.1:0", "--metrics-port", "0"]
        for key, value in self.settings.items():
            command += ["--set", f"{key}={value}"]
        environment = {"PATH": os.environ["PATH"], **self.environment}
        if "LD_LIBRARY_PATH" in os.environ:
            environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
        self.port = self.management_port = self.pid = None
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.logs,
                env=environment)
        self._wait_until_ready()
        return self

    def _wait_until_ready(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            ended = self._process.poll() is not None
            if ready := re.search(r"message=ready .*\bdata=(\d+) management=(\d+).*\bpid=(\d+)",
                                  self.log_text()):
                self.port, self.management_port, self.pid = map(int, ready.groups())
                if not ended:
                    return
            if ended:
                raise Refused(self._process.returncode, self.log_text())
            time.sleep(POLL_SECONDS)
        self.kill()
        raise Refused(None, f"not ready within {START_SECONDS} s\n{self.log_text()}")

    def log_text(self):
        return self._log.read_text(errors="replace")

    def connect(self, timeout=30.0):
        return Connection(self.port, timeout)

    def recovered(self, field):
        """A number of the line that says how the store was opened."""
        return int(re.search(rf'message="store open".*\b{field}=(\d+)', self.log_text())[1])

    def ready_status(self):
        """What `/readyz` answers; None where it is not served."""
        with self.connect() as connection:
            status = connection.ask("GET", "/readyz").status
        return None if status == 404 else status

    @property
    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def kill(self):
        """SIGKILL; returns when it is gone."""
        if self._process is None:
            return
        if self.is_running:
            try:
                os.kill(self.pid or self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def stop(self):
        """SIGTERM. Returns the exit code."""
        os.kill(self.pid, signal.SIGTERM)
        return self._process.wait(30)

    def wait(self, seconds):
        """The exit code once it has ended by itself; None where it has not by then."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def threads(self, name):
        """The ids of the threads that have this name."""
        return [int(task.name) for task in (self.proc / "task").iterdir()
                if (task / "comm").read_text().strip() == name]

    @property
    def proc(self):
        return pathlib.Path(f"/proc/{self.pid}")

    def memory_bytes(self, field="VmRSS"):
        status = (self.proc / "status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+)", status, re.M)[1]) * 1024

    def files(self, pattern="**/*"):
        """Files of the data folder, by path; not those that say who runs it."""
        return {path.relative_to(self.data): path for path in sorted(self.data.glob(pattern))
                if path.is_file() and path.name not in ("LOCK", "dcs.ports.json")}


class Injection:
    """strace attached to a running server, or to one of its threads, until the block ends."""

    def __init__(self, server, calls, action, paths=(), thread=None):
        self._server, self._thread = server, thread
        self._command = ["strace", "-e", f"trace={calls}", "-e", f"inject={calls}:{action}"]
        for path in paths:
            self._command += ["-P", str(path)]

    def __enter__(self):
        need_strace()
        self._output = self._server.logs / "strace"
        target = ["-p", str(self._thread)] if self._thread else ["-f", "-p", str(self._server.pid)]
        self._errors = open(self._server.logs / "strace.attach", "w+")
        self._process = subprocess.Popen(
            [*self._command, "-o", str(self._output), *target], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=self._errors)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            text = pathlib.Path(self._errors.name).read_text()
            if "attached" in text:
                return self
            if self._process.poll() is not None:
                break
            time.sleep(POLL_SECONDS)
        self.__exit__()
        raise RuntimeError("strace does not attach: " + text)

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait(10)
        self._errors.close()

    @property
    def injected(self):
        """How many calls were touched."""
        return len(re.findall(r"\((?:INJECTED|DELAYED)", self._output.read_text(errors="replace")))


def tracing(server, calls, output):
    """A wrapper that notes these calls, where they are about the data folder: strace knows a path
    only by its whole name, so every name that a small store can come to have is given."""
    need_strace()
    names = ["", "LOCK", "wal", "segments"]
    names += [name + end for name in ("STORE", "CHECKPOINT", "CLOCK", "dcs.ports.json")
              for end in ("", ".new")]
    names += [f"wal/{number}.wal{end}" for number in range(12) for end in ("", ".new")]
    names += [f"segments/{number:016x}.{end}" for number in range(80) for end in ("seg", "hint")]
    command = ["strace", "-f", "-qq", "-o", str(output), "-e", f"trace={calls}"]
    for name in names:
        command += ["-P", str(server.data / name)]
    return command


def killing(server, calls, number):
    """A wrapper that sends SIGKILL when a thread makes its `number`-th of these calls on the data
    folder."""
    return tracing(server, calls, server.folder / "trace") + [
        "-e", f"inject={calls}:signal=KILL:when={number}"]


def wait_until(condition, seconds, period=0.02):
    """Asks until the condition holds; False where it does not within the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return True
        except Lost:
            pass
        time.sleep(period)
    return False
