"""S1, S10, S11: the process is killed at a system call of its choice."""

import collections
import copy
import re
import subprocess
import time

from client import Lost, Write
from harness import case, copy_data
from oracle import Oracle
from server import Injection, Refused, killing, tracing, wait_until
from workload import Load, text

# Every call by which the program opens, changes or makes durable what is on the disk. Those with a
# question mark are other machines' forms of them.
STORAGE_CALLS = [
    "openat", "pwrite64", "fdatasync", "fsync", "fallocate", "ftruncate", "mmap", "flock",
    "?rename", "?renameat", "?renameat2", "?unlink", "?unlinkat", "?mkdir", "?mkdirat",
]
ALL_CALLS = ",".join(STORAGE_CALLS)


def chosen(count, most):
    """The numbers 1 to `count`, or `most` of them: the first ones and an even choice of the rest."""
    numbers = list(range(1, count + 1))
    if count <= most:
        return numbers
    first = (most + 1) // 2
    step = (len(numbers) - 1 - first) / max(most - first - 1, 1)
    return numbers[:first] + [numbers[first + round(step * n)] for n in range(most - first)]


def load_of(run, oracle, seed):
    return Load(oracle, seed, size=40_000), 260 if run.fast else 420


def call_counts(run, sync):
    """For each call, how many a thread makes at most on the data folder while a load runs."""
    server = run.server(wal_sync=sync)
    trace = server.folder / "trace"
    with server.start(tracing(server, ALL_CALLS, trace)):
        load, count = load_of(run, Oracle(), run.seed)
        with server.connect() as connection:
            done = load.run(connection, count)
        run.expect("a load that nothing disturbs to end", f"{load.acknowledged} of {count}", done)
        wait_until(lambda: server.files("segments/*.seg"), 10)
        server.stop()
    calls = collections.Counter(
        re.findall(r"^(\d+) +(\w+)\(", trace.read_text(errors="replace"), re.M))
    most = {}
    for (_, call), count in calls.items():
        most[call] = max(most.get(call, 0), count)
    remove(server)
    return most


@case("S1", "SIGKILL at the Nth storage call, N = 1 … until a clean exit")
def kill_at_each_call(run):
    for sync in ("always",) if run.fast else ("interval", "always"):
        counts = call_counts(run, sync)
        kills = runs = 0
        for call, count in sorted(counts.items()):
            for number in chosen(count, 2 if run.fast else 30):
                kills += kill_once(run, call, number, sync)
                runs += 1
        run.say(f"wal_sync={sync}: {runs} runs, {kills} of them killed, at "
                + ", ".join(f"{call} 1–{count}" for call, count in sorted(counts.items())))
        run.expect("a kill at each call at least", kills, kills >= len(counts))
        killed = kill_once(run, "fdatasync", 60_000, sync)
        run.expect("a clean exit where N is beyond the last call", not killed, not killed)


def kill_once(run, call, number, sync):
    oracle = Oracle()
    what = f"{call} {number}, wal_sync={sync}"
    with run.server(wal_sync=sync) as server:
        killed = True
        try:
            server.start(killing(server, call, number))
            load, count = load_of(run, oracle, run.seed)
            with server.connect() as connection:
                if load.run(connection, count):
                    killed = server.stop() != 0
        except Refused:
            pass
        server.kill()
        go_on_and_kill_again(run, server, oracle, what)
    remove(server)
    return killed


def go_on_and_kill_again(run, server, oracle, what):
    """After a start everything is there; the store goes on; another kill finds that as well."""
    if not run.expect_recovery(what, server, oracle):
        return
    load = Load(oracle, f"{what} again", size=500, ttl=False)
    with server.connect() as connection:
        done = load.run(connection, 40)
    run.expect(f"{what}: writes after it", "so" if done else "refused", done)
    server.kill()
    if run.expect_recovery(f"{what}, and again", server, oracle) and not run.fast:
        code = server.stop()
        run.expect(f"{what}: an orderly stop", code, code == 0)


def remove(server):
    subprocess.run(["rm", "-rf", str(server.data)], check=True)


def overwrite(connection, oracle, label, long_ttl=False):
    """Makes most of the segments dead: overwrites, deletes, entries that end at once."""
    writes = [Write(oracle, {f"kept {n}": text(f"{label} kept {n}", 4000)}) for n in range(40)]
    ttl = 3600 if long_ttl else 0.4
    writes += [Write(oracle, {f"ends {n}": text(f"{label} ends {n}", 9000)}, ttl=ttl)
               for n in range(100)]
    writes += [Write(oracle, {f"hot {n}": text(f"{label} hot {n}", 60_000)}) for n in range(70)]
    writes += [Write(oracle, {f"hot {n}": None}) for n in range(10, 30)]
    for write in writes:
        write.send(connection)
        write.settle(connection.receive())


@case("S10", "SIGKILL at each step of a compaction")
def kill_in_compaction(run):
    calls = ("openat", "pwrite64", "fdatasync", "fsync", "?rename", "?unlink", "close")
    if run.fast:
        calls = ("fdatasync", "?rename", "?unlink")
    kills = 0
    for call in calls:
        for number in (1,) if run.fast else range(1, 13):
            killed = kill_compaction_once(run, call, number)
            kills += killed
            if number == 1:
                run.expect(f"a compaction to be killed at {call}", killed, killed)
    run.say(f"{kills} compactions killed")


def kill_compaction_once(run, call, number):
    oracle = Oracle()
    what = f"{call.strip('?')} {number} of the compacting thread"
    with run.server() as server:
        server.start()
        (thread,) = server.threads("dcs-space")
        with Injection(server, call, f"signal=KILL:when={number}", thread=thread):
            try:
                with server.connect() as connection:
                    for turn in range(6):
                        overwrite(connection, oracle, f"{run.seed}.{call}.{number}.{turn}")
            except Lost:
                pass
            # Every compaction makes a first call; further ones take what time there is.
            killed = wait_until(lambda: not server.is_running, 30 if number == 1 else 1.5)
        server.kill()
        time.sleep(0.5)  # Entries that have ended meanwhile must not come back.
        if run.expect_recovery(what, server, oracle):
            # Compaction begins again, and the deleted stay deleted.
            with server.connect() as connection:
                overwrite(connection, oracle, f"{what} again")
            wait_until(lambda: not server.is_running, 0.6)
            run.expect_state(f"{what}, after further compaction", server, oracle)
            server.kill()
            run.expect_recovery(f"{what}, and again", server, oracle)
    remove(server)
    return killed


@case("S11", "SIGKILL during recovery, again and again")
def kill_in_recovery(run):
    written = Oracle()
    template = run.server()
    with template.start():
        with template.connect() as connection:
            Load(written, run.seed, size=40_000).run(connection, 420)
            # Sealed segments, which a start opens one by one: else it makes few calls.
            for turn in range(1 if run.fast else 5):
                overwrite(connection, written, f"{run.seed} {turn}", long_ttl=True)
        wait_until(lambda: len(template.files("segments/*.hint")) >= (1 if run.fast else 4), 30)
    for hints in ("hints kept", "hints removed"):
        kills, oracle = 0, copy.deepcopy(written)
        with run.server(template=template.data) as server:
            if hints == "hints removed":
                for path in server.files("segments/*.hint").values():
                    path.unlink()
            for call in STORAGE_CALLS:
                for number in ((1, 2) if run.fast else range(1, 60)):
                    try:
                        server.start(killing(server, call, number))
                    except Refused as refusal:
                        killed = refusal.code == -9
                    else:
                        killed = False
                    server.kill()
                    kills += killed
                    if not killed:
                        break  # No thread of a start makes so many of these calls.
            run.say(f"{hints}: {kills} starts killed")
            run.expect("starts to be killed", kills, kills >= (10 if run.fast else 60))
            go_on_and_kill_again(run, server, oracle, f"{kills} killed recoveries, {hints}")
