#!/usr/bin/env python3
"""Compares policies of eviction by their hit ratios, as `dcs-simulate eviction` finds them.

Nothing is timed: the figures follow from seed and sizes, on any machine. A request log that is given
comes beside the generated traces.
"""

import argparse
import json
import pathlib
import statistics
import subprocess

import bench_results

BUILT = "lru-as-built"
OPTIMUM = "optimum"
NAMES = {OPTIMUM: "optimum", BUILT: "LRU as built", "lru": "exact LRU", "s3-fifo": "S3-FIFO", "s3-fifo-as-built": "S3-FIFO as built",
         "sieve": "SIEVE", "w-tinylfu": "W-TinyLFU"}
# Others lie on the lines of these.
DRAWN = [OPTIMUM, BUILT, "s3-fifo", "sieve", "w-tinylfu"]
# In percent of the footprint: rows of the table.
TABLE_SIZES = [1, 5, 10, 40]
# A policy wins over LRU as built where it is better by so many points in the mean of all sizes.
POINTS = 2


def main():
    arguments = parse()
    section = started(arguments)
    traces = measured(arguments)
    section.tables = [ratio_table(traces), gain_table(traces)]
    section.charts = [chart(trace) for trace in traces]
    bench_results.report(section.ended(), arguments)


def parse():
    parser = argparse.ArgumentParser(prog="tools/bench eviction", description=__doc__)
    parser.add_argument("program", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--log", action="append", default=[], metavar="FILE",
                        help="a log of requests: a key in each line, then its size where it is known")
    parser.add_argument("--requests", type=int, default=1_000_000, help="of each generated trace")
    parser.add_argument("--keys", type=int, default=100_000, help="of its popular part")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a tenth of requests and keys")
    bench_results.add_options(parser)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.requests //= 10
        arguments.keys //= 10
    return arguments


def started(arguments):
    options = "".join(f" --{name} {getattr(arguments, name)}" for name in ("requests", "keys", "seed"))
    return bench_results.Section(
        "eviction", "Eviction quality", f"tools/bench eviction{options}",
        f"Hit ratios in percent, first requests for a key included, of caches that begin empty and hold a "
        f"share of all that a trace asks for: in entries, in bytes where these differ in size. Generated: "
        f"{arguments.requests:,} requests, seed {arguments.seed}.",
        quick=arguments.quick)


def measured(arguments):
    generated = [arguments.program, "eviction", "--json", "-", "--requests", arguments.requests,
                 "--keys", arguments.keys, "--seed", arguments.seed]
    runs = [generated]
    runs += [[arguments.program, "eviction", "--json", "-", "--log", log] for log in arguments.log]
    traces = []
    for run in runs:
        output = subprocess.run([str(word) for word in run], stdin=subprocess.DEVNULL, check=True,
                                stdout=subprocess.PIPE).stdout
        traces += json.loads(output)["traces"]
    return traces


def policies(traces):
    return [name for name in NAMES if name in traces[0]["sizes"][0]["ratios"]]


def percent(share):
    return round(share * 100, 2)


def ratio_table(traces):
    """Hit ratios at some sizes."""
    names = policies(traces)
    rows = [[f"{trace['name']}, {percent(size['share']):g} %",
             *(f"{size['ratios'][name] * 100:.1f}" for name in names)]
            for trace in traces for size in trace["sizes"] if percent(size["share"]) in TABLE_SIZES]
    return bench_results.Table(["trace, size of the cache", *(NAMES[name] for name in names)], rows)


def gain_table(traces):
    """What each policy wins over LRU as built, in points: the mean of all sizes, and the worst."""
    names = [name for name in policies(traces) if name not in (OPTIMUM, BUILT)]
    rows = [[trace["name"], *(gain_text(gains(trace, name)) for name in names)] for trace in traces]
    wins = [sum(statistics.mean(gains(trace, name)) > POINTS for trace in traces) for name in names]
    rows.append([f"traces won by more than {POINTS}", *wins])
    return bench_results.Table(
        ["points over LRU as built: mean of sizes (worst)", *(NAMES[name] for name in names)], rows)


def gains(trace, name):
    return [(size["ratios"][name] - size["ratios"][BUILT]) * 100 for size in trace["sizes"]]


def gain_text(points):
    return f"{statistics.mean(points):+.1f} ({min(points):+.1f})"


def chart(trace):
    unit = "of its keys" if trace["unit"] == "entries" else "of its bytes"
    lines = {NAMES[name]: [[percent(size["share"]), size["ratios"][name] * 100]
                           for size in trace["sizes"]]
             for name in DRAWN if name in trace["sizes"][0]["ratios"]}
    label = "".join(letter if letter.isalnum() else "-" for letter in trace["name"].lower())
    return bench_results.Chart(label.strip("-"), f"Hit ratio over {trace['name']}",
                               f"size of the cache, % {unit}", "hit ratio, %", lines)


if __name__ == "__main__":
    main()
