"""Results of benchmarks: what was measured, of whom and how, kept as JSON, and what follows from it.

A file holds sections, one for each benchmark, which a later run of the same one replaces. A figure has
sides, DCS first, each with a value for every round; medians, spreads, ratios and verdicts are computed
from those and nowhere kept. A table is for what has no sides, a chart for what goes along an axis.
"""

import dataclasses
import datetime
import json
import os
import pathlib
import re
import statistics
import subprocess

FORMAT = 1
BETTER = {"more": "≥", "less": "≤"}


class ResultsError(Exception):
    """A file that is none of results."""


@dataclasses.dataclass
class Target:
    """What the figure must reach: of its ratio to `peer`, or where that is None of itself."""

    bound: float
    peer: str | None = None


@dataclasses.dataclass
class Figure:
    """`sides` by name, ours first; `better` is "more" or "less"."""

    what: str
    unit: str
    better: str
    sides: dict
    targets: list = dataclasses.field(default_factory=list)

    def __post_init__(self):
        if self.better not in BETTER:
            raise ResultsError(f"{self.what}: better is {self.better!r}, not one of {[*BETTER]}")
        if not self.sides or not all(self.sides.values()):
            raise ResultsError(f"{self.what}: a side without a value")

    @property
    def own(self):
        return next(iter(self.sides))

    @property
    def peers(self):
        return list(self.sides)[1:]

    def median(self, side):
        return statistics.median(self.sides[side])

    def spread(self, side):
        """From the smallest to the largest as a share of the median; None of a single round."""
        values = self.sides[side]
        middle = self.median(side)
        return (max(values) - min(values)) / middle if len(values) > 1 and middle else None

    def ratio(self, peer):
        """Of the rounds' ratios the median: what slows the machine for a while slows both sides."""
        sides = self.sides[self.own], self.sides[peer]
        # Without rounds on one side there is a ratio of medians only.
        pairs = list(zip(*sides)) if len(sides[0]) == len(sides[1]) else [
            (self.median(self.own), self.median(peer))]
        if any(other == 0 for _, other in pairs):
            return None
        return statistics.median(own / other for own, other in pairs)

    def reached(self, target):
        """Whether a target is met; None where it cannot be told."""
        value = self.median(self.own) if target.peer is None else self.ratio(target.peer)
        if value is None:
            return None
        return value >= target.bound if self.better == "more" else value <= target.bound

    def judged(self, peer):
        """The targets of a row, which is the first peer's also for those that name none."""
        first = self.peers[0] if self.peers else None
        return [target for target in self.targets
                if target.peer == peer or (target.peer is None and peer == first)]


@dataclasses.dataclass
class Table:
    """Cells that are shown as they are; columns but the first go to the right."""

    columns: list
    rows: list

    def markdown(self):
        rule = "|---" + "|--:" * (len(self.columns) - 1) + "|"
        return [line(self.columns), rule, *(line(row) for row in self.rows)]


@dataclasses.dataclass
class Chart:
    """Lines over a common axis; an axis is logarithmic where it says so."""

    name: str
    title: str
    x_title: str
    y_title: str
    lines: dict
    x_log: bool = True
    y_log: bool = False


@dataclasses.dataclass
class Section:
    """A benchmark's run. `how` tells in a sentence or two what was done."""

    name: str
    title: str
    command: str
    how: str
    figures: list = dataclasses.field(default_factory=list)
    tables: list = dataclasses.field(default_factory=list)
    charts: list = dataclasses.field(default_factory=list)
    versions: list = dataclasses.field(default_factory=list)
    quick: bool = False
    date: str = dataclasses.field(default_factory=lambda: datetime.date.today().isoformat())
    machine: str = dataclasses.field(default_factory=lambda: machine_text())
    # Runnable threads at the start and at the end.
    load: list = dataclasses.field(default_factory=lambda: [os.getloadavg()[0]])

    def __post_init__(self):
        if not re.fullmatch(r"[a-z][a-z0-9-]*", self.name):
            raise ResultsError(f"a section named {self.name!r}")

    def ended(self):
        self.load = [self.load[0], os.getloadavg()[0]]
        return self

    def markdown(self):
        """Setting, tables, and how it was measured, as lines without a heading."""
        lines = [f"`{self.command}`, {self.date}" + (", a quick look" if self.quick else "") + "."]
        lines += [self.how, f"{self.machine}; load average {self.loads}."]
        lines += [", ".join(self.versions) + "."] if self.versions else []
        if self.figures:
            lines += ["", *figure_table(self.figures)]
        for table in self.tables:
            lines += ["", *table.markdown()]
        return lines

    @property
    def loads(self):
        return " before and ".join(f"{load:.1f}" for load in self.load) + (
            " after" if len(self.load) > 1 else " before")


def figure_table(figures):
    lines = ["| measure | DCS | spread | beside | | spread | ratio | target | |",
             "|---|--:|--:|---|--:|--:|--:|--:|---|"]
    for figure in figures:
        for peer in figure.peers or [None]:
            lines.append(line(figure_row(figure, peer)))
    return lines


def figure_row(figure, peer):
    own = figure.own
    cells = [f"{figure.what}, {figure.unit}", number(figure.median(own)), share(figure.spread(own))]
    if peer is None:
        cells += ["–", "–", "–", "–"]
    else:
        ratio = figure.ratio(peer)
        cells += [peer, number(figure.median(peer)), share(figure.spread(peer)),
                  "–" if ratio is None else f"{ratio:.2f}"]
    targets = figure.judged(peer)
    sign = BETTER[figure.better]
    wanted = [f"{sign} {number(target.bound)}" if target.peer is None
              else f"{sign} {target.bound:g} ×" for target in targets]
    return cells + [", ".join(wanted) or "–", verdict([figure.reached(each) for each in targets])]


def verdict(reached):
    if False in reached:
        return "missed"
    return "–" if not reached or None in reached else "met"


def number(value):
    """Three digits or more, thousands apart."""
    size = abs(value)
    digits = 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2 if size >= 0.1 else 4
    return f"{value:,.{digits}f}"


def share(value):
    return "–" if value is None else f"{value * 100:.0f} %"


def line(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


# Files


def read(path):
    """The sections of a file, none where there is no file."""
    if not path.exists():
        return []
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        if whole["format"] != FORMAT:
            raise ResultsError(f"{path}: format {whole['format']}, this reads {FORMAT}")
        return [section(each) for each in whole["sections"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ResultsError(f"{path}: no results: {error!r}") from error


def section(fields):
    fields = dict(fields)
    fields["figures"] = [
        Figure(**{**each, "targets": [Target(**target) for target in each.get("targets", [])]})
        for each in fields.get("figures", [])]
    fields["tables"] = [Table(**each) for each in fields.get("tables", [])]
    fields["charts"] = [Chart(**each) for each in fields.get("charts", [])]
    return Section(**fields)


def write(path, sections):
    text = json.dumps(
        {"format": FORMAT, "sections": [dataclasses.asdict(each) for each in sections]},
        ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def put(path, new):
    """Puts a section into a file in the place of the earlier one of its name, or at the end."""
    sections = read(path)
    names = [each.name for each in sections]
    if new.name in names:
        sections[names.index(new.name)] = new
    else:
        sections.append(new)
    write(path, sections)


# What every benchmark's program takes, and what it says of its surroundings.


def add_options(parser):
    parser.add_argument("--markdown", metavar="FILE", type=pathlib.Path,
                        help="append the tables there")
    parser.add_argument("--json", metavar="FILE", type=pathlib.Path,
                        help="put the results there, in the place of an earlier run's")


def report(result, options):
    """Prints a section and puts it where the options say."""
    text = "\n".join(result.markdown()) + "\n"
    print(text)
    if options.markdown:
        with open(options.markdown, "a", encoding="utf-8") as file:
            file.write("\n" + text)
    if options.json:
        put(options.json, result)


def machine_text():
    processor = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)
    kernel = re.match(r"[\d.]*\d", os.uname().release)[0]
    return (f"{processor[1] if processor else os.uname().machine}, {os.cpu_count()} processors, "
            f"{memory:.0f} GiB of memory, Linux {kernel}")


def version(name, *command):
    """A program's name and the version that it tells on one of its outputs."""
    run = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    found = re.search(r"\d+\.\d+[\w.+-]*", run.stdout)
    return f"{name} {found[0] if found else 'of unknown version'}"
