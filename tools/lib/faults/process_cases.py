"""S12, S14, T1: other processes, no memory, a wrong clock."""

import os
import pathlib
import resource
import subprocess
import time

from client import Lost, Write, read
from harness import case, last_line
from machine import Impossible
from oracle import Oracle
from server import Refused, wait_until
from shim import WrongClock
from workload import Load, text


@case("S12", "two processes on one data folder")
def two_processes(run):
    oracle = Oracle()
    with run.server() as first, run.server(folder=first.folder) as second:
        first.start()
        load = Load(oracle, run.seed, size=2000)
        with first.connect() as connection:
            load.run(connection, 50)
            expect_locked(run, second)
            done = load.run(connection, 50)
        run.expect("the first to go on", done, done)
        run.expect_state("the first, after the second was refused", first, oracle)
        first.kill()
        run.expect_recovery("the second, once the first was killed", second, oracle)
        expect_locked(run, first)
    one_of_many(run)


def expect_locked(run, server):
    try:
        server.start()
        run.expect("a second process to be refused", "it started", False)
    except Refused as refusal:
        message = last_line(refusal.message)
        run.expect("a second process to be refused, with the reason", message,
                   refusal.code == 1 and "another process" in message)


def one_of_many(run):
    """Of several that start at once over an empty folder, exactly one runs."""
    folder = run.new_folder()
    command = [str(run.program), "serve", "--data-dir", str(folder / "data"),
               "--listen", "127.0.0.1:0", "--metrics-port", "0"]
    many = [subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for _ in range(8)]
    try:
        settled = wait_until(lambda: sum(one.poll() is not None for one in many) >= 7, 30)
        time.sleep(0.2)
        codes = [one.poll() for one in many]
        run.expect("one of eight to run, seven to be refused", codes,
                   settled and codes.count(None) == 1 and codes.count(1) == 7)
    finally:
        for one in many:
            one.kill()
            one.wait()


class MemoryLimit:
    """A control group with a limit of memory, of version 1 or 2."""

    def __init__(self, name):
        root = pathlib.Path("/sys/fs/cgroup")
        old = root / "memory"
        if (old / "memory.limit_in_bytes").exists():
            self._folder, self._limit = old / name, "memory.limit_in_bytes"
        elif "memory" in self._read(root / "cgroup.subtree_control").split():
            self._folder, self._limit = root / name, "memory.max"
        else:
            raise Impossible("no control group of memory can be made under /sys/fs/cgroup")
        try:
            self._folder.mkdir()
        except OSError as error:
            raise Impossible(f"no control group can be made: {error}") from error

    @staticmethod
    def _read(path):
        try:
            return path.read_text()
        except OSError:
            return ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        wait_until(self._is_empty, 10)
        self._folder.rmdir()

    def _is_empty(self):
        return not (self._folder / "cgroup.procs").read_text().split()

    def take(self, pid, limit_bytes):
        (self._folder / "cgroup.procs").write_text(str(pid))
        (self._folder / self._limit).write_text(str(limit_bytes))


@case("S14", "no memory: a control group's limit, and none that can be mapped")
def no_memory(run):
    try:
        with MemoryLimit(f"dcs-faults-{os.getpid()}") as limit:
            out_of_memory(run, "a control group with 2 MiB more than its data",
                          lambda server: limit.take(server.pid, server.memory_bytes("RssAnon") + (2 << 20)))
    except Impossible as reason:
        run.skip(str(reason))
    out_of_memory(run, "data that may grow by 4 MiB", forbid_growth)


def forbid_growth(server):
    limit = server.memory_bytes("VmData") + (4 << 20)
    resource.prlimit(server.pid, resource.RLIMIT_DATA, (limit, limit))


def out_of_memory(run, what, restrict):
    """The process may end, or refuse; either is as a kill is."""
    oracle = Oracle()
    with run.server() as server:
        server.start()
        # Many keys: what is kept of them in memory is to grow.
        load = Load(oracle, f"{run.seed}.{what}", keys=3000, size=30_000)
        with server.connect() as connection:
            load.run(connection, 60)
        restrict(server)
        for number in range(3 if run.fast else 8):
            try:
                with server.connect() as connection:
                    load.run(connection, 600)
                    write = Write(oracle, {"large": text(f"large {number}", 12_000_000)})
                    write.send(connection)
                    write.settle(connection.receive())
            except Lost:
                break
        ended = not wait_until(lambda: server.is_running, 0.1)
        run.say(f"{what}: the process {'ended' if ended else 'lived'}, "
                f"{load.acknowledged} writes acknowledged")
        server.kill()
        if run.expect_recovery(what, server, oracle):
            server.kill()
            run.expect_recovery(f"{what}, and again", server, oracle)


HOUR = 3600


@case("T1", "wall clock one hour off, stepped, and in 1970")
def wrong_clock(run):
    clock = WrongClock(run)
    stepped_under_way(run, clock)
    set_back_between_starts(run, clock)
    for what, seconds in (("1970", -time.time() + 5), ("an hour ahead", HOUR),
                          ("an hour behind", -HOUR)):
        clock.seconds = seconds
        fresh_store(run, clock, what)


def put(connection, oracle, key, ttl=None):
    """Writes a new value. Returns the version that the answer names."""
    write = Write(oracle, {key: text(f"{key} {time.monotonic_ns()}", 60)}, ttl=ttl)
    write.send(connection)
    answer = connection.receive()
    write.settle(answer)
    return int(answer.fields["dcs-lsn"])


def expect_rising(run, what, versions):
    rising = all(one < other for one, other in zip(versions, versions[1:]))
    run.expect(f"{what}: versions that rise", versions, rising)


def expect_gone(run, what, server, keys):
    with server.connect() as connection:
        found = read(connection, keys)
    back = [key for key, value in found.items() if value is not None]
    run.expect(f"{what}: expired entries stay away", back or "so", not back)


def expect_ready(run, what, server):
    ready = server.ready_status()
    if ready is not None:
        run.expect(f"{what}: ready", ready, ready == 200)


def expect_an_end(run, what, server, oracle):
    """An entry of half a second ends after its time, not an hour later."""
    with server.connect() as connection:
        put(connection, oracle, "brief", ttl=0.5)
        there = read(connection, ["brief"])["brief"] is not None
        gone = wait_until(lambda: read(connection, ["brief"])["brief"] is None, 5)
    run.expect(f"{what}: a new entry to live and to end in its time", (there, gone), there and gone)


def stepped_under_way(run, clock):
    clock.seconds = 0
    oracle, ends = Oracle(), Oracle()
    with run.server() as server:
        server.environment = clock.environment
        server.start()
        versions = []
        for what, seconds in (("right", 0), ("an hour ahead", HOUR), ("right again", 0),
                              ("an hour behind", -HOUR), ("1970", -time.time() + 5)):
            clock.seconds = seconds
            time.sleep(0.05)
            with server.connect() as connection:
                versions += [put(connection, oracle, f"{what} {n}") for n in range(3)]
                put(connection, ends, f"{what} minutes", ttl=600)
            if what == "an hour ahead":
                expect_gone(run, what, server, ["right minutes"])
            elif what != "right":
                expect_gone(run, what, server, ["right minutes"])
                expect_an_end(run, f"stepped to {what}", server, ends)
            expect_ready(run, f"stepped to {what}", server)
        expect_rising(run, "a clock that is stepped", versions)
        run.expect_state("a clock that is stepped", server, oracle)
        server.kill()
        run.expect_recovery("a clock that was stepped, a start", server, oracle)
        expect_gone(run, "a start with the clock in 1970", server, ["right minutes"])
        with server.connect() as connection:
            versions.append(put(connection, oracle, "after"))
        expect_rising(run, "over a start with the clock in 1970", versions)


def set_back_between_starts(run, clock):
    """Entries that have ended are gone for ever, whatever the clock says at the next start."""
    for how in ("kill", "stop"):
        clock.seconds = 0
        oracle = Oracle()
        with run.server() as server:
            server.environment = clock.environment
            server.start()
            versions = []
            with server.connect() as connection:
                versions += [put(connection, oracle, f"key {n}") for n in range(5)]
                for n in range(5):
                    put(connection, Oracle(), f"ended {n}", ttl=0.3)
            keys = [f"ended {n}" for n in range(5)]
            time.sleep(0.4)
            expect_gone(run, "the clock right", server, keys)
            for seconds in (-HOUR, -time.time() + 5, 0):
                server.kill() if how == "kill" else server.stop()
                clock.seconds = seconds
                what = f"{how}, then a start with the clock {seconds:+.0f} s off"
                run.expect_recovery(what, server, oracle)
                expect_gone(run, what, server, keys)
                expect_ready(run, what, server)
                expect_an_end(run, what, server, Oracle())
                with server.connect() as connection:
                    versions.append(put(connection, oracle, "again"))
            expect_rising(run, f"{how} and starts with a clock set back", versions)


def fresh_store(run, clock, what):
    oracle = Oracle()
    with run.server() as server:
        server.environment = clock.environment
        server.start()
        expect_ready(run, f"a new store {what}", server)
        load = Load(oracle, f"{run.seed}.{what}", size=40_000, ttl=False)
        with server.connect() as connection:
            load.run(connection, 250)
        expect_an_end(run, f"a new store {what}", server, Oracle())
        run.expect_state(f"a new store {what}", server, oracle)
        server.kill()
        run.expect_recovery(f"a new store {what}, a start", server, oracle)
