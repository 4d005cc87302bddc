"""S6 to S9: the disk is full, refuses, is slow, or does half of what it was asked."""

import resource
import threading
import time

from client import Connection, Lost, Write, read, target
from disks import SmallDisk
from harness import case, last_line
from machine import Impossible
from oracle import Failed, Oracle
from server import Injection, Refused, wait_until
from shim import transfers
from workload import Load, text

LOG_FILES = [f"wal/{number}.wal" for number in range(12)]


def fill(server, oracle, label, count, size=40_000, stop_at=None):
    """Writes one after the other. Returns how often each status came."""
    statuses = {}
    with server.connect() as connection:
        for number in range(count):
            write = Write(oracle, {f"{label} {number % 400}": text(f"{label} {number}", size)})
            write.send(connection)
            answer = connection.receive()
            write.settle(answer)
            name = answer.status if answer.status < 300 else f"{answer.status} {answer.kind}"
            statuses[name] = statuses.get(name, 0) + 1
            if answer.status == stop_at:
                break
    return statuses


# What a load is answered where nothing is wrong; the flusher may be behind on a busy machine.
FINE = {(200, ""), (201, ""), (204, ""), (404, "not-found"), (503, "overloaded")}


def note(statuses):
    """For `Load.run`: collects what is answered."""
    return lambda answers: statuses.update((answer.status, answer.kind) for answer in answers)


def try_write(server, oracle, key="probe", size=1000, **fields):
    """One write on a connection of its own; its answer, None where the connection was lost."""
    with server.connect() as connection:
        write = Write(oracle, {key: text(f"{key} {time.monotonic_ns()}", size)}, **fields)
        write.send(connection)
        try:
            answer = connection.receive()
        except Lost:
            return None
        write.settle(answer)
        return answer


def is_applied(answer):
    return answer is not None and answer.status < 300


def heals(run, what, server, oracle, seconds=15):
    healed = wait_until(lambda: is_applied(try_write(server, oracle, size=40_000)), seconds)
    run.expect(f"{what}: writes again without a restart", "so" if healed else "no", healed)


def restart_and_compare(run, what, server, oracle):
    server.kill()
    run.expect_recovery(f"{what}, after SIGKILL", server, oracle)


@case("S6", "no space: on append, in compaction, on the checkpoint; 32 MB ext4")
def no_space(run):
    full_disk(run)
    for what, call, paths, thread in (
        ("segments of a compaction", "pwrite64", [], "dcs-space"),
        ("segments of a flush", "pwrite64", [], "dcs-flush"),
        ("the checkpoint", "pwrite64", ["CHECKPOINT.new"], None),
        ("new log files", "fallocate", [], None),
    ):
        refused_for_a_while(run, what, call, "ENOSPC", paths, thread)
    file_size_limit(run)


def full_disk(run):
    try:
        disk = SmallDisk(run.folder, megabytes=32)
    except Impossible as reason:
        return run.skip(f"a full disk: {reason}")
    with disk:
        oracle = Oracle()
        with run.server(folder=disk.path, wal_sync="always") as server:
            server.start()
            fill(server, oracle, "before", 60)
            disk.fill(leave_bytes=600_000)
            statuses = fill(server, oracle, "full", 2000, stop_at=507)
            run.expect("507 once the disk is full", statuses, "507 disk-full" in statuses)
            run.expect("nothing but success, 507 and 503", statuses, set(statuses) <= {
                201, 204, "507 disk-full", "503 overloaded"})
            run.expect_state("reads of a full disk", server, oracle)
            ready = server.ready_status()
            run.expect("a full disk to be healthy otherwise", ready, ready in (None, 200, 503))
            disk.empty()
            heals(run, "space is freed", server, oracle)
            fill(server, oracle, "after", 200)
            run.expect_state("after healing", server, oracle)
            disk.fill(leave_bytes=0)
            restart_and_compare(run, "a full disk", server, oracle)
            disk.empty()
            heals(run, "space is freed after a start", server, oracle)
            restart_and_compare(run, "healed", server, oracle)


def refused_for_a_while(run, what, call, error, paths, thread):
    """A call fails for some seconds of load; then everything is as if it had never."""
    oracle = Oracle()
    with run.server() as server:
        server.start()
        load = Load(oracle, f"{run.seed}.{what}", size=60_000)
        with server.connect() as connection:
            load.run(connection, 100)
        thread = server.threads(thread)[0] if thread else None
        statuses = set()
        with Injection(server, call, f"error={error}", [server.data / path for path in paths],
                       thread) as injection:
            with server.connect() as connection:
                wait_until(lambda: load.run(connection, 10, until=note(statuses)) is None
                           or injection.injected >= 3, 30, period=0)
            run.expect_state(f"{error} for {what}: reads meanwhile", server, oracle)
        touched = injection.injected
        run.expect(f"{error} for {what}: calls refused", touched, touched > 0)
        wrong = statuses - FINE - {(507, "disk-full")}
        if error != "ENOSPC":
            wrong -= {(500, "storage")}
        run.expect(f"{error} for {what}: success or a fitting refusal", wrong or "so", not wrong)
        heals(run, f"{error} for {what}", server, oracle)
        with server.connect() as connection:
            load.run(connection, 200)
        run.expect_state(f"{error} for {what}: after it", server, oracle)
        restart_and_compare(run, f"{error} for {what}", server, oracle)
    run.remove(server.folder)


def file_size_limit(run):
    """The limit of a file's size is a real short write, and a signal that would end the process."""
    oracle = Oracle()
    with run.server() as server:
        server.start()
        fill(server, oracle, "before", 20)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (500_000, resource.RLIM_INFINITY))
        statuses = fill(server, oracle, "limited", 700)
        run.expect("a file size limit: success, 507 or 503", statuses, set(statuses) <= {
            201, 204, "507 disk-full", "503 overloaded"})
        run.expect("a file size limit: still running", server.is_running, server.is_running)
        run.expect_state("a file size limit: reads", server, oracle)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        heals(run, "a file size limit", server, oracle)
        restart_and_compare(run, "a file size limit", server, oracle)


@case("S7", "EIO on fdatasync, once and for ever")
def failed_sync(run):
    for sync in ("always", "interval"):
        for times in ("when=1", "when=1+"):
            failed_log_sync(run, sync, times)
    # Of anything but the log, a failed sync is tried again on a new file.
    refused_for_a_while_with_eio(run)


def failed_log_sync(run, sync, times):
    oracle = Oracle()
    what = f"fdatasync of the log, {times}, wal_sync={sync}"
    with run.server(wal_sync=sync) as server:
        server.start()
        fill(server, oracle, "before", 30, size=2000)
        paths = [server.data / name for name in LOG_FILES]
        with Injection(server, "fdatasync", f"error=EIO:{times}", paths):
            answer = try_write(server, oracle, DCS_Wait="synced")
            run.expect(f"{what}: no acknowledgement of what was to be synced",
                       answer and answer.status, answer is not None and answer.status >= 500)
            refused = wait_until(lambda: not_writable(try_write(server, oracle)), 5)
            run.expect(f"{what}: writes refused from then on", refused, refused)
        # The disk is well again, but what it lost nobody knows.
        time.sleep(0.3)
        still = not_writable(try_write(server, oracle))
        run.expect(f"{what}: refused until a restart", still, still)
        ready = server.ready_status()
        if ready is not None:
            run.expect(f"{what}: not ready", ready, ready == 503)
        # What was written and never synced is not shown: a crash could still take it back.
        run.expect_state(f"{what}: reads go on", server, oracle, may_fail=oracle.open_keys)
        server.kill()
        run.expect_recovery(f"{what}: a restart", server, oracle)
        answer = try_write(server, oracle, DCS_Wait="synced")
        run.expect(f"{what}: writes again", answer and answer.status, is_applied(answer))
        ready = server.ready_status()
        if ready is not None:
            run.expect(f"{what}: ready again", ready, ready == 200)
        restart_and_compare(run, what, server, oracle)


def not_writable(answer):
    return answer is not None and answer.status == 503 and answer.kind == "not-writable"


def refused_for_a_while_with_eio(run):
    for thread in ("dcs-flush", "dcs-space"):
        oracle = Oracle()
        what = f"fdatasync of segments and checkpoint by {thread}"
        with run.server() as server:
            server.start()
            load = Load(oracle, f"{run.seed}.{what}", size=60_000)
            paths = [server.data / f"segments/{n:016x}.{end}" for n in range(200)
                     for end in ("seg", "hint")] + [server.data / "CHECKPOINT.new"]
            with Injection(server, "fdatasync", "error=EIO", paths,
                           server.threads(thread)[0]) as injection:
                with server.connect() as connection:
                    wait_until(lambda: load.run(connection, 10) is None
                               or injection.injected >= 2, 30, period=0)
            run.expect(f"{what}: calls refused", injection.injected, injection.injected > 0)
            run.expect_state(f"{what}: everything there", server, oracle)
            heals(run, what, server, oracle)
            with server.connect() as connection:
                load.run(connection, 200)
            restart_and_compare(run, what, server, oracle)


@case("S8", "EIO and short reads; EINTR; short writes; EMFILE; EROFS")
def broken_calls(run):
    short_and_interrupted(run)
    failed_reads(run)
    no_descriptors(run)
    for call, what in (("openat", "opening"), ("?unlink,?unlinkat", "removing")):
        refused_for_a_while(run, what, call, "EROFS", [], "dcs-flush" if call == "openat" else
                            "dcs-space")
    read_only_disk(run)


def short_and_interrupted(run):
    """Every other transfer is cut or interrupted: nobody notices."""
    oracle = Oracle()
    with run.server() as server:
        server.environment = transfers(run, every=3)
        server.start()
        load = Load(oracle, f"{run.seed}.short", size=60_000)
        for _ in range(2):
            statuses = set()
            with server.connect() as connection:
                load.run(connection, 300, until=note(statuses))
            run.expect("short and interrupted transfers: no error", statuses, statuses <= FINE)
            run.expect_state("short and interrupted transfers", server, oracle)
            failures = server.log_text().count("background work failed")
            run.expect("short and interrupted transfers: background work as ever", failures,
                       failures == 0)
            restart_and_compare(run, "short and interrupted transfers", server, oracle)


def failed_reads(run):
    """A read that fails is an error for its entry, and right again afterwards."""
    oracle = Oracle()
    with run.server() as server:
        server.start()
        # What a start finds in segments is on the disk alone.
        fill(server, oracle, "cold", 350, size=60_000)
        wait_until(lambda: len(server.files("segments/*.hint")) >= 2, 30)
        server.stop()
        server.start()
        keys = oracle.keys
        with Injection(server, "pread64,preadv2", "error=EIO") as injection:
            with server.connect() as connection:
                found = read(connection, keys)
            errors = sum(isinstance(value, Failed) for value in found.values())
            run.expect("EIO on reads: some refused", f"{injection.injected} calls, {errors} errors",
                       errors > 0)
            differences = oracle.judge(found, may_fail=True)
            run.expect("EIO on reads: errors, never a miss or a wrong byte", differences[:2] or "so",
                       not differences)
        run.expect_state("EIO on reads: right afterwards", server, oracle)


def no_descriptors(run):
    """No further file and no further connection can be opened for a while."""
    oracle = Oracle()
    with run.server() as server:
        server.start()
        with server.connect() as connection:
            fill(server, oracle, "before", 20)
            load = Load(oracle, f"{run.seed}.descriptors", size=60_000)
            before = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (3, before[1]))
            statuses = set()
            done = load.run(connection, 300, until=note(statuses))
            run.expect("EMFILE: an open connection is served", done, done)
            wrong = statuses - FINE - {(500, "storage")}
            run.expect("EMFILE: success or a refusal", wrong or "so", not wrong)
            waiting = [Connection(server.port), Connection(server.management_port)]
            # What the load left to be packed takes its time; whoever burns never rests.
            rests = wait_until(lambda: processor_share(server, 0.5) < 0.5, 20)
            run.expect("EMFILE: no processor burnt on connections that cannot be taken",
                       "it rests" if rests else f"it never rests: {busy_threads(server)}", rests)
            resource.prlimit(server.pid, resource.RLIMIT_NOFILE, before)
        statuses = [status_of(connection, asked) for connection, asked
                    in zip(waiting, (target("before 1"), "/livez"))]
        run.expect("EMFILE: who waited is served or told", statuses,
                   all(status in (200, "lost") for status in statuses))
        heals(run, "EMFILE", server, oracle)
        run.expect_state("EMFILE: after it", server, oracle)
        restart_and_compare(run, "EMFILE", server, oracle)


def status_of(connection, asked):
    """What a waiting connection is answered at last."""
    try:
        connection.send("GET", asked)
        return connection.receive().status
    except Lost:
        return "lost"
    finally:
        connection.close()


def processor_share(server, seconds):
    """The share of one processor that the server takes during the time."""
    began = processor_seconds(server)
    time.sleep(seconds)
    return (processor_seconds(server) - began) / seconds


def processor_seconds(server):
    return thread_seconds(server.proc)


def thread_seconds(folder):
    fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def busy_threads(server):
    """The threads that work, each with its share of a processor over a second."""
    threads = list((server.proc / "task").iterdir())
    began = [thread_seconds(thread) for thread in threads]
    time.sleep(1)
    spent = [thread_seconds(thread) - start for thread, start in zip(threads, began)]
    return ", ".join(f"{(thread / 'comm').read_text().strip()} {seconds:.2f}"
                     for thread, seconds in zip(threads, spent) if seconds > 0.05)


def read_only_disk(run):
    try:
        disk = SmallDisk(run.folder, megabytes=32)
    except Impossible as reason:
        return run.skip(f"a read-only disk: {reason}")
    with disk:
        oracle = Oracle()
        with run.server(folder=disk.path) as server:
            server.start()
            fill(server, oracle, "before", 30)
            server.kill()
            disk.remount("ro")
            try:
                server.start()
                run.expect("a read-only disk: a refusal", "it started", False)
            except Refused as refusal:
                run.expect("a read-only disk: a clear refusal", last_line(refusal.message),
                           refusal.code == 1 and "ead-only" in refusal.message)
            disk.remount("rw")
            run.expect_recovery("a disk that is writable again", server, oracle)


@case("S9", "fdatasync takes 500 ms")
def slow_sync(run):
    oracle = Oracle()
    with run.server(wal_sync="always") as server:
        server.start()
        fill(server, oracle, "before", 10)
        with Injection(server, "fdatasync", "delay_enter=500000") as injection:
            connections = [server.connect() for _ in range(64)]
            writes = [Write(oracle, {f"group {n}": text(f"group {n}", 200)}) for n in range(64)]
            answered = 0
            for _ in range(2):
                for write, connection in zip(writes, connections):
                    write.send(connection)
                for write, connection in zip(writes, connections):
                    answered += write.settle(connection.receive())
            syncs = max(injection.injected, 1)
            run.expect("slow syncs are shared", f"{answered} writes, {syncs} syncs",
                       answered == 128 and syncs <= 32)
            for connection in connections:
                connection.close()
            backpressure(run, server, oracle)
        heals(run, "slow syncs", server, oracle)
        run.expect_state("slow syncs: after them", server, oracle)
        restart_and_compare(run, "slow syncs", server, oracle)


def backpressure(run, server, oracle):
    """Many writers that do not wait: refused with a time to come again, and memory stays bounded."""
    refusals, peak = [], [0]

    def flood(number):
        load = Load(oracle, f"flood {number}", keys=40, size=200_000, batches=False, ttl=False,
                    prefix=f"flood {number} ")
        deadline = time.monotonic() + (4 if run.fast else 12)
        with server.connect() as connection:
            while time.monotonic() < deadline:
                load.run(connection, 16, until=lambda answers: refusals.extend(
                    answer for answer in answers if answer.status >= 400 and answer.status != 404))
                peak[0] = max(peak[0], server.memory_bytes())

    floods = [threading.Thread(target=flood, args=(number,)) for number in range(6)]
    for thread in floods:
        thread.start()
    for thread in floods:
        thread.join()
    wrong = {(answer.status, answer.kind) for answer in refusals} - {(503, "overloaded")}
    run.expect("slow syncs: refusals are 503 overloaded", wrong or f"{len(refusals)} so", not wrong)
    run.expect("slow syncs: a refusal says when to come again", "Retry-After",
               all("retry-after" in answer.fields for answer in refusals))
    limit = 64 << 20
    run.expect("slow syncs: memory stays near its limit", f"{peak[0] >> 20} of {limit >> 20} MiB",
               peak[0] < 2 * limit)
