#!/usr/bin/env python3
"""Runs every benchmark of tools/bench.d, one after the other, and writes the document.

Each program there takes `--quick` and `--json FILE`, and installs what it needs. Where one fails
the others still run; the program then ends with 1. Results of other benchmarks in FILE stay.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import time

import bench_render
import bench_results

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = "docs/benchmarks.json"
# A look at what these measure fits into three minutes with a part of it only.
QUICK = {
    "engine": ["--rounds", "1", "--only", "get-memory", "--only", "put-memory",
               "--only", "put-always", "--only", "get-disk"],
}


def programs(folder):
    return sorted(path for path in folder.iterdir() if path.is_file())


def chosen(all_programs, only):
    names = [path.name for path in all_programs]
    for name in only:
        if name not in names:
            raise SystemExit(f"bench: there is no benchmark {name}, but {', '.join(names)}")
    return [path for path in all_programs if not only or path.name in only]


def run(program, file, quick):
    """Runs one; returns what is to be said of a failure, or nothing."""
    command = [program, "--json", file]
    if quick:
        command += ["--quick", *QUICK.get(program.name, [])]
    began = time.monotonic()
    code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    print(f"bench: {program.name} took {time.monotonic() - began:.0f} s", file=sys.stderr)
    return f"{program.name} ended with {code}" if code else None


def main():
    options = parse()
    with tempfile.TemporaryDirectory(prefix="dcs-bench-") as folder:
        file = (options.json or (pathlib.Path(folder) / "results" if options.quick
                                 else ROOT / RESULTS)).resolve()
        failures = [failure for program in chosen(programs(ROOT / "tools/bench.d"), options.only)
                    if (failure := run(program, file, options.quick))]
        sections = bench_results.read(file)
    if options.quick:
        print("bench: a quick look, one round and small sizes, is no result", file=sys.stderr)
    if sections and (options.docs or not options.quick):
        bench_render.render(sections, ROOT)
    for failure in failures:
        print(f"bench: {failure}", file=sys.stderr)
    return 1 if failures else 0


def parse():
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true",
                        help="one round, small sizes; writes nothing into docs")
    parser.add_argument("--docs", action="store_true", help="write docs although --quick")
    parser.add_argument("--only", action="append", default=[], metavar="NAME",
                        help="this benchmark; may be given several times")
    parser.add_argument("--json", metavar="FILE", type=pathlib.Path,
                        help=f"keep the results there (without --quick: {RESULTS})")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
