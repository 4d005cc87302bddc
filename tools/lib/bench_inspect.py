#!/usr/bin/env python3
"""Measures `dcs-inspect verify` over a filled folder beside the disk's sequential read speed.

Rounds are interleaved. Before each reading the page cache is told to drop the folder's files. The
disk is read by dd, past the page cache and through it; verify is judged against the faster of both.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import bench_results

SHARE_MIN = 0.5


def main():
    arguments = parse()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="dcs-bench-inspect-", dir=arguments.folder))
    try:
        section = measure(arguments, folder / "store")
    finally:
        shutil.rmtree(folder)
    bench_results.report(section, arguments)


def parse():
    parser = argparse.ArgumentParser(prog="tools/bench inspect", description=__doc__)
    parser.add_argument("programs", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--keys", type=int, default=10_000_000, help="entries of 16 + 100 bytes")
    parser.add_argument("--folder", default=".", help="where, on the disk to be measured")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one round, a tenth of the entries")
    parser.add_argument(
        "--realtime", action="store_true",
        help="run what is measured before all else, on a machine that others use (as root)")
    bench_results.add_options(parser)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.keys //= 10
        arguments.rounds = 1
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
    section = started(arguments, size)
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
    section.figures = [figure(rates)]
    return section.ended()


def started(arguments, size):
    command = f"tools/bench inspect --keys {arguments.keys} --rounds {arguments.rounds}"
    return bench_results.Section(
        "inspect", "Reading a folder without its server",
        command + (" --realtime" if arguments.realtime else ""),
        f"A folder of {size / 1e6:,.0f} MB, the page cache told to drop it before each reading; rounds "
        f"interleaved, medians. `dcs-inspect verify` is judged against the faster `dd` of each round.",
        versions=[bench_results.version("DCS", arguments.programs / "dcs-inspect", "--version"),
                  bench_results.version("dd", "dd", "--version")],
        quick=arguments.quick)


def figure(rates):
    sides = {"DCS": rates["verify"], "faster dd": list(map(max, rates["direct"], rates["cached"])),
             "dd iflag=direct": rates["direct"], "dd, page cache": rates["cached"]}
    return bench_results.Figure(
        "`dcs-inspect verify`", "MB/s", "more",
        {name: [rate / 1e6 for rate in values] for name, values in sides.items()},
        [bench_results.Target(SHARE_MIN, "faster dd")])


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
    main()
