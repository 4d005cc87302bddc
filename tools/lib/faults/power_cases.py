"""S2, S3: the power goes.

The engine's own tests do this thousands of times on a simulated disk, which loses, tears and reorders
what was not synced. Here the real program writes to a real file system in a file; what has reached
that file is what a power loss leaves.
"""

import os
import shutil
import signal
import subprocess
import time

from client import Lost, Write, read
from disks import SmallDisk
from harness import case
from oracle import Oracle
from workload import Load, text

SIMULATED = {
    "S2": r"CacheFilesTests.PowerLossTests|CacheFilesTests.NameLossTests|CacheEngineTests.AfterTheKill",
    "S3": r"CacheEngineTests.CrashTests|CacheEngineTests.FaultTests/aTornTail",
}


def simulated(run):
    """Runs the tests of the simulated disk; `tools/test` runs them anyway."""
    if run.fast:
        return run.say("the simulated disk's tests are among those that tools/test runs")
    if not shutil.which("swift"):
        return run.skip("the simulated disk's tests: there is no Swift toolchain")
    done = subprocess.run(
        ["swift", "test", "--package-path", str(run.root), "--filter", SIMULATED[run.name]],
        capture_output=True, text=True, stdin=subprocess.DEVNULL)
    said = [line for line in done.stdout.splitlines() if "Test run with" in line]
    passed = done.returncode == 0 and bool(said) and "0 tests" not in said[-1]
    run.expect("the simulated disk's tests to pass", said[-1:] or done.stderr[-500:], passed)


@case("S2", "power loss: what was not synced is gone")
def power_loss(run):
    simulated(run)
    with SmallDisk(run.folder, megabytes=96) as disk:
        for turn in range(2 if run.fast else 12):
            synced_writes_survive(run, disk, turn)
            measure_loss(run, disk, turn)


def synced_writes_survive(run, disk, turn):
    oracle = Oracle()
    with run.server(folder=disk.path, wal_sync="always") as server:
        server.start()
        load = Load(oracle, f"{run.seed}.power.{turn}", size=40_000, ttl=False)
        with server.connect() as connection:
            load.run(connection, 150 + 37 * turn)
            for _ in range(8):
                load.next().send(connection)
            survivor = power_off(server, disk)
    remove_data(disk)
    what = f"power loss {turn}, wal_sync=always, {load.acknowledged} acknowledged"
    with run.server(folder=survivor) as server:
        if run.expect_recovery(what, server, oracle):
            server.kill()
            run.expect_recovery(f"{what}, and SIGKILL", server, oracle)


def power_off(server, disk):
    """The program stops dead, and with it the disk."""
    os.kill(server.pid, signal.SIGSTOP)
    survivor = disk.what_survives()
    server.kill()
    return survivor


def remove_data(disk):
    shutil.rmtree(disk.path / "data")


def measure_loss(run, disk, turn):
    """With the log synced in the background, the newest writes may go, the older ones not."""
    oracle, acknowledged = Oracle(), []
    with run.server(folder=disk.path, wal_sync="interval") as server:
        server.start()
        end = time.monotonic() + 0.6 + 0.11 * turn
        with server.connect() as connection:
            while time.monotonic() < end:
                write = Write(oracle, {f"n {len(acknowledged)}": text(f"n {len(acknowledged)}", 300)})
                write.send(connection)
                if write.settle(connection.receive()):
                    acknowledged.append(time.monotonic())
        off = time.monotonic()
        survivor = power_off(server, disk)
    remove_data(disk)
    with run.server(folder=survivor) as server:
        server.start()
        keys = [f"n {number}" for number in range(len(acknowledged))]
        with server.connect() as connection:
            found = read(connection, keys)
    kept = next((n for n, key in enumerate(keys) if found[key] is None), len(keys))
    whole = all(found[key] == (oracle.expected(key) if n < kept else None)
                for n, key in enumerate(keys))
    run.expect("what is left to be the first writes, whole, without a gap", f"{kept} of {len(keys)}",
               whole)
    lost = off - acknowledged[kept] if kept < len(keys) else 0
    run.say(f"wal_sync=interval: {len(keys) - kept} of {len(keys)} writes lost, "
            f"the last {lost * 1000:.0f} ms")
    # An interval of 100 ms, and the time of a sync on a busy machine.
    run.expect("a loss of about the sync interval", f"{lost:.2f} s", lost < 2)


@case("S3", "power loss: some of what was not synced survives, out of order")
def reordered(run):
    simulated(run)
    with SmallDisk(run.folder, megabytes=96) as disk:
        for turn in range(1 if run.fast else 8):
            partly_written_back(run, disk, turn)


def partly_written_back(run, disk, turn):
    """The kernel writes some files back by itself before the power goes, the log not among them."""
    oracle = Oracle()
    with run.server(folder=disk.path, wal_sync="always") as server:
        server.start()
        load = Load(oracle, f"{run.seed}.reordered.{turn}", size=40_000, ttl=False)
        with server.connect() as connection:
            load.run(connection, 200)
            try:
                for _ in range(16):
                    load.next().send(connection)
                os.kill(server.pid, signal.SIGSTOP)
            except Lost:
                pass
        # One file after another, an odd choice of them, the newest data first.
        for number, path in enumerate(reversed(list(server.files().values()))):
            if (number + turn) % 2:
                with open(path, "rb") as file:
                    os.fsync(file.fileno())
        survivor = power_off(server, disk)
    remove_data(disk)
    with run.server(folder=survivor) as server:
        run.expect_recovery(f"power loss {turn} with files written back", server, oracle)
