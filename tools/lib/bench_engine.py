#!/usr/bin/env python3
"""Runs `dcs-bench engine` and keeps what it measured with the other results.

All options but `--json` are its own; it prints its report, with notes and the peers' commands.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import bench_results


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    options, arguments = parser.parse_known_args()
    command = [options.program, "engine", *arguments]
    if not options.json:
        sys.exit(subprocess.run(command, check=False).returncode)
    section = bench_results.Section(
        "engine", "The engine", " ".join(["tools/bench engine", *arguments]),
        "In process; ours and the peer take turns, medians.", quick="--quick" in arguments)
    with tempfile.TemporaryDirectory(prefix="dcs-bench-") as folder:
        file = pathlib.Path(folder) / "measured"
        code = subprocess.run([*command, "--json", file], check=False).returncode
        if not file.exists():
            sys.exit(code or 1)
        measured = json.loads(file.read_text(encoding="utf-8"))
    bench_results.put(options.json, filled(section.ended(), measured))
    sys.exit(code)


def filled(section, measured):
    """The section with what the program measured."""
    section.versions = measured["peers"]
    section.figures = [figure(each) for each in measured["measurements"]]
    return section


def figure(measured):
    sides = {"DCS": measured["ours"]}
    if measured["peer"]:
        sides[measured["peer_name"]] = measured["peer"]
    peer = measured["peer_name"] if measured["peer"] else None
    targets = [bench_results.Target(target["bound"], peer if target["ratio"] else None)
               for target in measured["targets"] if peer or not target["ratio"]]
    unit, factor = UNITS[measured["unit"]]
    if factor != 1:
        sides = {name: [value * factor for value in values] for name, values in sides.items()}
        targets = [target if target.peer else bench_results.Target(target.bound * factor)
                   for target in targets]
    return bench_results.Figure(measured["figure"], unit, measured["better"], sides, targets)


# The program's units as a table shows them, and what its values are multiplied with for that.
UNITS = {
    "perSecond": ("1/s", 1), "bytes": ("MB", 1e-6), "bytesPerKey": ("B", 1), "times": ("×", 1),
    "milliseconds": ("ms", 1), "nanoseconds": ("µs", 1e-3),
}


if __name__ == "__main__":
    main()
