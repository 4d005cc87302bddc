#!/usr/bin/env python3
"""Measures `dcs-inspect verify` over a filled folder beside the disk's sequential read speed.

Rounds are interleaved. Before each reading the page cache is told to drop the folder's files. The
disk is read by dd, past the page cache and through it; verify is judged against the faster of both.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

SHARE_MIN = 0.5


def main():
    arguments = parse()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="dcs-bench-inspect-", dir=arguments.folder))
    try:
        report = measure(arguments, folder / "store")
    finally:
        shutil.rmtree(folder)
    text = "\n".join(report["lines"])
    print(text)
    if arguments.markdown:
        with open(arguments.markdown, "a", encoding="utf-8") as file:
            file.write("\n" + text + "\n")
    return 0 if report["met"] else 1


def parse():
    parser = argparse.ArgumentParser(prog="tools/bench inspect", description=__doc__)
    parser.add_argument("programs", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--keys", type=int, default=10_000_000, help="entries of 16 + 100 bytes")
    parser.add_argument("--folder", default=".", help="where, on the disk to be measured")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a tenth of the entries")
    parser.add_argument(
        "--realtime", action="store_true",
        help="run what is measured before all else, on a machine that others use (as root)")
    parser.add_argument("--markdown", help="append the result to this file")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.keys //= 10
    return arguments


def measure(arguments, store):
    say(f"filling a folder with {arguments.keys} entries")
    run(
        arguments.programs / "dcs-bench", "child", "fill", "--folder", store, "--keys",
        arguments.keys, "--value-bytes", 100, "--drain",
    )
    run("sync")
    files = sorted(path for path in store.rglob("*") if path.is_file() and path.stat().st_size)
    size = sum(path.stat().st_size for path in files)
    first = ("chrt", "-f", "5") if arguments.realtime else ()
    rates = {"direct": [], "cached": [], "verify": []}
    load = os.getloadavg()[0]
    for number in range(arguments.rounds):
        say(f"round {number + 1} of {arguments.rounds}")
        rates["direct"].append(size / timed(lambda: read(files, first, "direct")))
        drop(files)
        rates["cached"].append(size / timed(lambda: read(files, first)))
        drop(files)
        began = time.monotonic()
        output = run(
            *first, arguments.programs / "dcs-inspect", "verify", store, "--format", "ndjson")
        rates["verify"].append(read_bytes(output.stderr) / (time.monotonic() - began))
    return judge(arguments, rates, size, load)


def judge(arguments, rates, size, load):
    disk = [max(pair) for pair in zip(rates["direct"], rates["cached"])]
    shares = [ours / theirs for ours, theirs in zip(rates["verify"], disk)]
    share = statistics.median(shares)
    met = share >= SHARE_MIN
    command = f"tools/bench inspect --keys {arguments.keys} --rounds {arguments.rounds}"
    command += " --realtime" if arguments.realtime else ""
    return {
        "met": met,
        "lines": [
            f"`{command}`: a folder of {size / 1e6:,.0f} MB, load at the start {load:.1f}, medians.",
            "",
            "| reading the folder | MB/s | spread |",
            "|---|--:|--:|",
            row("`dd bs=1M iflag=direct`", rates["direct"]),
            row("`dd bs=1M`, page cache dropped", rates["cached"]),
            row("`dcs-inspect verify`, page cache dropped", rates["verify"]),
            "",
            f"verify by the faster dd of its round: {share:.2f}, target ≥ {SHARE_MIN}: "
            + ("met" if met else "missed"),
        ],
    }


def row(name, rates):
    median = statistics.median(rates)
    spread = (max(rates) - min(rates)) / median
    return f"| {name} | {median / 1e6:,.0f} | {spread:.0%} |"


def timed(body):
    began = time.monotonic()
    body()
    return time.monotonic() - began


def read(files, first, flag=None):
    for path in files:
        flags = [f"iflag={flag}"] if flag else []
        run(*first, "dd", f"if={path}", "of=/dev/null", "bs=1M", *flags)


def drop(files):
    """Asks the kernel to forget the files' pages; needs no rights."""
    for path in files:
        run("dd", f"if={path}", "iflag=nocache", "count=0")


def read_bytes(text):
    for line in text.splitlines():
        words = line.split()
        if words[:2] == ["dcs-inspect:", "read"]:
            return int(words[2])
    sys.exit(f"dcs-inspect did not say what it read: {text}")


def run(*command):
    result = subprocess.run(
        [str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )
    if result.returncode != 0:
        sys.exit(f"{command[0]} ended with {result.returncode}: {result.stderr}")
    return result


def say(text):
    print(f"bench inspect: {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
