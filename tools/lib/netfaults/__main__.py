"""`tools/faults cluster`: real networks, processes and etcd that fail under a real cluster. See
docs/TESTING.md."""

import argparse
import pathlib
import signal
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "faults"))

# Each of these declares its cases.
import partition_cases  # noqa: E402, F401
import process_cases  # noqa: E402, F401
import loss_cases  # noqa: E402, F401
from harness import CASES, print_table, run_case  # noqa: E402
from network import enter_namespace  # noqa: E402

# One of each kind of fault, in a minute.
FAST = ["partition", "replica-killed"]


def end_in_order(*_):
    """So that a stopped run ends its processes as an interrupted one does."""
    sys.exit(1)


def main():
    parser = argparse.ArgumentParser(prog="faults cluster", description=__doc__)
    parser.add_argument("program", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("checker", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--fast", action="store_true", help=f"only {', '.join(FAST)}, and shorter")
    parser.add_argument("--loopback", action="store_true", help="without network namespaces")
    parser.add_argument("--verbose", action="store_true", help="print what is as expected too")
    parser.add_argument("--keep", action="store_true", help="keep the folders of failed cases")
    parser.add_argument("--seed", default="1", help="what choices are made from")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    options = parser.parse_intermixed_args()
    for name in options.cases:
        if name not in CASES:
            parser.error(f"no case {name}; there are {', '.join(CASES)}")
    signal.signal(signal.SIGTERM, end_in_order)
    reason = "as asked for" if options.loopback else enter_namespace()
    where = f"on loopback, {reason}" if reason else "in network namespaces"
    print(f"program {options.program}, seed {options.seed}, {where}", flush=True)
    rows = [run_case(name, options)
            for name in options.cases or (FAST if options.fast else list(CASES))]
    print_table(rows)
    differences = sum(row[-1] for row in rows)
    print("\n" + ("all as expected" if differences == 0 else f"{differences} differences"))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
