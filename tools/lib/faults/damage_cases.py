"""S4, S5, S13: files that are cut, zeroed, flipped, or of another format."""

import copy
import hashlib
import re
import struct

from client import Write
from harness import case, last_line
from oracle import Oracle
from server import Refused, wait_until
from workload import text

WAL_HEAD_BYTES = 4096
FRAME_HEAD = struct.Struct("<IIQIIIHBBQ")
# Of a frame's head, up to its kind: with less of it nobody can tell that a record began there.
TELLING_BYTES = 31


def frames(content):
    """Offset, length and padding of each frame of a log file, by its heads alone."""
    offset, expected = WAL_HEAD_BYTES, None
    while offset + FRAME_HEAD.size <= len(content):
        _, payload, lsn, *_ = FRAME_HEAD.unpack_from(content, offset)
        if lsn == 0 or expected is not None and lsn != expected:
            return
        padding = -payload % 8
        length = FRAME_HEAD.size + payload + padding
        yield offset, length, padding
        offset, expected = offset + length, lsn + 1


def write_all(server, oracle, values, **fields):
    with server.connect() as connection:
        for key, value in values.items():
            write = Write(oracle, {key: value}, **fields)
            write.send(connection)
            write.settle(connection.receive())


def used_log(server):
    """The log file that records are in, and its frames."""
    for path in server.files("wal/*.wal").values():
        content = path.read_bytes()
        found = list(frames(content))
        if found:
            return path, content, found
    raise AssertionError("no log file holds a record")


@case("S4", "log and segment cut at every byte of the last records; tail of zeros")
def cut_and_zeroed(run):
    template, oracle = run.server(), Oracle()
    with template.start():
        write_all(template, oracle, {f"key {n}": text(f"{run.seed} {n}", 40) for n in range(8)})
    path, content, found = used_log(template)
    (first, _, _), (last, length, _) = found[-2], found[-1]
    name = path.relative_to(template.data)
    places = range(first, last + length + 1)
    for damage in ("cut", "zeros"):
        for place in places if not run.fast else list(places)[:: len(places) // 4]:
            # Padding is zeros anyway.
            kept = sum(start + size - padding <= place for start, size, padding in found)
            with run.server(template=template.data) as server:
                broken = server.data / name
                if damage == "cut":
                    with open(broken, "r+b") as file:
                        file.truncate(place)
                else:
                    broken.write_bytes(content[:place] + bytes(len(content) - place))
                torn = max((place - start for start, size, padding in found
                            if start < place < start + size - padding), default=0)
                check_tail(run, server, damage, f"{damage} at {place}", kept, torn, oracle)
    cut_segments(run)


def check_tail(run, server, damage, what, kept, torn, oracle):
    """The whole records are there, the others are not, and the store goes on over another kill."""
    expected = {f"key {n}": oracle.expected(f"key {n}") if n < kept else None for n in range(8)}
    remaining = Oracle()
    for key, value in expected.items():
        remaining.acknowledged(remaining.begin({key: value}))
    if not run.expect_recovery(f"{what}, {kept} whole records", server, remaining):
        return
    reported = server.recovered("torn_bytes")
    is_visible = torn >= TELLING_BYTES
    run.expect(f"{what}: the cut bytes to be reported", f"{reported} of {torn}",
               (reported > 0) == is_visible)
    write_all(server, remaining, {f"key {n}": text(f"{what} {n}", 90) for n in range(5, 12)})
    run.expect_state(f"{what}, written again", server, remaining)
    server.kill()
    if run.expect_recovery(f"{what}, written and killed", server, remaining):
        server.kill()


def cut_segments(run):
    """A segment without its end: what is whole is served, the rest is an error, never a miss."""
    template, oracle = store_with_segments(run)
    for name, path in template.files("segments/*.seg").items():
        size = path.stat().st_size
        places = list(range(0, size, max(1, size // (3 if run.fast else 60))))
        for place in places + [size - 1]:
            with run.server(template=template.data) as server:
                with open(server.data / name, "r+b") as file:
                    file.truncate(place)
                found = start_and_judge(run, server, f"{name} cut at {place}", oracle)
                run.expect(f"{name} cut at {place}: a start", found, found != "refused")


def store_with_segments(run):
    """A stopped store whose entries are in small segments, with hints, and in the log."""
    server, oracle = run.server(), Oracle()
    with server.start():
        # Some 2 MB that are dead at once make the flusher pack the quiet log.
        write_all(server, oracle, {f"cold {n}": text(f"{run.seed} cold {n}", 60 + 40 * (n % 30))
                                   for n in range(60)})
        for turn in range(20):
            write_all(server, oracle, {"bulk": text(f"{run.seed} bulk {turn}", 100_000)})
        write_all(server, oracle, {"bulk": None})
        wait_until(lambda: server.files("segments/*.fts"), 20)
        write_all(server, oracle, {f"cold {n}": None for n in range(5)})
        write_all(server, oracle, {f"warm {n}": text(f"{run.seed} warm {n}", 60) for n in range(20)})
        server.stop()
    return server, oracle


def start_and_judge(run, server, what, template_oracle):
    """Starts over damage and judges every answer.

    Returns `right` where each read was right, `errors` where some were errors, `refused` where the
    program did not start and named the file, `wrong` where anything else happened.
    """
    before = checksums(server)
    try:
        server.start()
    except Refused as refusal:
        message = last_line(refusal.message)
        ok = refusal.code == 1 and any(str(name) in message for name in before)
        run.expect(f"{what}: a refusal that names the file", f"{refusal.code}: {message}", ok)
        run.expect(f"{what}: nothing changed", changes(before, server), not changes(before, server))
        return "refused" if ok else "wrong"
    oracle = copy.deepcopy(template_oracle)
    if not run.expect_state(what, server, oracle, may_fail=True):
        return "wrong"
    errors = run.last_found_errors
    server.kill()
    return "errors" if errors else "right"


def checksums(server):
    return {name: hashlib.sha256(path.read_bytes()).hexdigest()
            for name, path in server.files().items()}


def changes(before, server):
    after = checksums(server)
    return sorted(str(name) for name in set(before) | set(after)
                  if before.get(name) != after.get(name))


def flip(path, offset, bits):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ bits]))


def flip_offsets(run, path):
    """Every byte that means something, or a choice of them."""
    content = path.read_bytes()
    if path.suffix == ".wal":
        found = list(frames(content))
        end = sum(found[-1][:2]) if found else 0
        places = list(range(0, 64)) + list(range(WAL_HEAD_BYTES, end))
        most = 12 if run.fast else 300
    else:
        places = list(range(len(content)))
        most = 5 if run.fast else 200
    step = max(1, len(places) // most)
    return places[::step]


# What a flipped byte may lead to, by file. `right` is always allowed: a byte may mean nothing; and
# `refused` in a file's version, which may then be a newer one.
VERSION_BYTES = (6, 7)
ALLOWED = {
    "STORE": {"refused"}, "CHECKPOINT": {"refused"}, ".wal": {"refused"}, ".seg": {"errors"},
    ".hint": set(), ".fts": set(), "CLOCK": set(),
}


@case("S5", "a flipped byte anywhere in a small data folder")
def flipped(run):
    template, oracle = store_with_segments(run)
    for name, path in template.files().items():
        allowed = ALLOWED[name.suffix or name.name]
        outcomes = {}
        for offset in flip_offsets(run, path):
            with run.server(template=template.data) as server:
                flip(server.data / name, offset, 0x40 if offset % 3 else 0xFF)
                outcome = start_and_judge(run, server, f"{name} flipped at {offset}", oracle)
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            run.expect(f"{name} flipped at {offset}: right or {allowed}", outcome,
                       outcome == "right" or outcome in allowed
                       or outcome == "refused" and offset in VERSION_BYTES)
            run.remove(server.folder)
        run.say(f"{name}: " + ", ".join(f"{count} {key}" for key, count in sorted(outcomes.items())))


@case("S13", "a newer or unknown format")
def newer_or_unknown(run):
    template, _ = store_with_segments(run)
    # The magic is six letters, the version the two bytes behind.
    for name in template.files():
        # A search file is derived: one that is not known is made again.
        if name.name == "CLOCK" or name.suffix == ".fts":
            continue
        with run.server(template=template.data) as server:
            # What a crash may have left: a start that refuses must not clear it away either.
            (server.data / "segments/00000000000000ff.seg").write_bytes(b"left behind")
            (server.data / "wal/9.wal.new").write_bytes(b"left behind")
            with open(server.data / name, "r+b") as file:
                if file.read(6) == bytes(6):
                    continue  # A log file that waits to be used has no head.
                file.write(struct.pack("<H", 999))
            refused_untouched(run, server, f"{name} of format 999", r"newer version")
    with run.server(template=template.data) as server:
        (server.data / "STORE").write_bytes(b"something else entirely, not a store's file")
        refused_untouched(run, server, "a STORE of somebody else's", r"not this store's|not the file")
    with run.server() as server:
        server.data.mkdir()
        (server.data / "thesis.tex").write_text("years of work")
        refused_untouched(run, server, "a folder of somebody else's", r"not this store's")
        run.expect("no file to be made there", sorted(path.name for path in server.data.iterdir()),
                   [path.name for path in server.data.iterdir()] == ["thesis.tex"])


def refused_untouched(run, server, what, pattern):
    before = checksums(server)
    try:
        server.start()
        run.expect(f"{what}: a refusal", "it started", False)
    except Refused as refusal:
        clear = refusal.code == 1 and re.search(pattern, refusal.message) is not None
        run.expect(f"{what}: a clear refusal", last_line(refusal.message), clear)
    run.expect(f"{what}: nothing changed", changes(before, server), not changes(before, server))
