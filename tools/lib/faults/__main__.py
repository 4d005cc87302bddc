"""`tools/faults`: real faults against the real program. See docs/TESTING.md."""

import argparse
import contextlib
import functools
import io
import multiprocessing
import pathlib
import signal
import sys

# Each of these declares its cases.
import kill_cases  # noqa: F401
import power_cases  # noqa: F401
import damage_cases  # noqa: F401
import disk_cases  # noqa: F401
import process_cases  # noqa: F401
from harness import CASES, print_table, run_case


def end_in_order(*_):
    """So that a stopped run ends its servers as an interrupted one does."""
    sys.exit(1)


def run_aside(name, options):
    """A case in a process of its own: its row, and what it printed."""
    with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.redirect_stderr(output):
        row = run_case(name, options)
    return row, output.getvalue()


def run_all(names, options):
    if options.jobs == 1:
        return [run_case(name, options) for name in names]
    rows = []
    with multiprocessing.Pool(
            options.jobs, signal.signal, (signal.SIGTERM, end_in_order)) as pool:
        for row, output in pool.imap(functools.partial(run_aside, options=options), names, 1):
            print(output, end="", flush=True)
            rows.append(row)
        # Workers that are told to go by a signal, as leaving the block does, may miss it while they
        # begin to wait, and would be waited for without end.
        pool.close()
        pool.join()
    return rows


def main():
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("program", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--fast", action="store_true", help="a few points of each case")
    parser.add_argument("--verbose", action="store_true", help="print what is as expected too")
    parser.add_argument("--keep", action="store_true", help="keep the folders of failed cases")
    parser.add_argument("--jobs", type=int, default=1, help="cases at a time")
    parser.add_argument("--seed", default="1", help="what the writes are made from")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    options = parser.parse_intermixed_args()
    for name in options.cases:
        if name not in CASES:
            parser.error(f"no case {name}; there are {', '.join(CASES)}")
    signal.signal(signal.SIGTERM, end_in_order)
    print(f"program {options.program}, seed {options.seed}", flush=True)
    rows = run_all(options.cases or list(CASES), options)
    print_table(rows)
    differences = sum(row[-1] for row in rows)
    print("\n" + ("all as expected" if differences == 0 else f"{differences} differences"))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
