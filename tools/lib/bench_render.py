#!/usr/bin/env python3
"""Writes the tables of docs/BENCHMARKS.md and the pictures of docs/pictures from a file of results.

`tools/bench --render FILE`. What stands between `<!-- bench: NAME -->` and `<!-- end of bench: NAME -->`
is a section's; all else in the document is written by hand and stays. A section without marks gets
them before `<!-- more benches -->`.
"""

import argparse
import pathlib
import re
import sys

import bench_results
import bench_svg

DOCUMENT = "docs/BENCHMARKS.md"
PICTURES = "docs/pictures"
MORE = "<!-- more benches -->\n"


def marks(name):
    return f"<!-- bench: {name} -->\n", f"<!-- end of bench: {name} -->\n"


def pictures(section):
    """File names and texts of a section's pictures, with a sentence of what each shows."""
    if any(figure.peers for figure in section.figures):
        yield f"bench-{section.name}.svg", bench_svg.bars(section), f"{section.title}: bars"
    for chart in section.charts:
        yield f"bench-{section.name}-{chart.name}.svg", bench_svg.lines(chart), chart.title


def block(section):
    """What stands between a section's marks."""
    lines = ["", *section.markdown(), ""]
    for name, _, text in pictures(section):
        lines += [f"![{text}](pictures/{name})", ""]
    return "\n".join(lines)


def placed(text, section):
    """The document with the section in its place."""
    first, last = marks(section.name)
    if first not in text:
        if MORE not in text:
            raise bench_results.ResultsError(f"the document has neither {first}nor {MORE}")
        text = text.replace(MORE, f"### {section.title}\n\n{first}{last}\n{MORE}")
    pattern = re.compile(re.escape(first) + ".*?" + re.escape(last), re.DOTALL)
    if not pattern.search(text):
        raise bench_results.ResultsError(f"the document lacks {last}")
    return pattern.sub(lambda _: first + block(section) + last, text)


def render(sections, root):
    """Writes document and pictures; those of earlier runs that no section has any more go."""
    document, folder = root / DOCUMENT, root / PICTURES
    text = document.read_text(encoding="utf-8")
    folder.mkdir(exist_ok=True)
    kept = set()
    for section in sections:
        text = placed(text, section)
        for name, svg, _ in pictures(section):
            (folder / name).write_text(svg, encoding="utf-8")
            kept.add(name)
        for path in folder.glob(f"bench-{section.name}*.svg"):
            if path.name not in kept and f"(pictures/{path.name})" not in text:
                path.unlink()
    document.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(prog="tools/bench --render", description=__doc__)
    parser.add_argument("file", type=pathlib.Path)
    options = parser.parse_args()
    try:
        sections = bench_results.read(options.file)
        if not sections:
            raise bench_results.ResultsError(f"{options.file}: no results")
        render(sections, pathlib.Path(__file__).resolve().parents[2])
    except bench_results.ResultsError as error:
        sys.exit(f"bench: {error}")


if __name__ == "__main__":
    main()
