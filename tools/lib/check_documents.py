#!/usr/bin/env python3
"""Checks of the documents against the code that they speak of.

The module graph of docs/ARCHITECTURE.md against Package.swift, the alerts of deploy/ against their
runbook, the figures of README.md against docs/BENCHMARKS.md, commands and links against what is there.
Prints each finding as PATH: what; exits 1 where there is one. `--write` writes the graph anew.
"""

import pathlib
import re
import sys

GRAPH = re.compile(r"(<!-- graph: .*? -->\n)(.*?)(<!-- end of graph -->)", re.DOTALL)
TARGET = re.compile(r"^        \.(\w+)\(\s*name: \"([\w-]+)\"", re.MULTILINE)
ALERT = re.compile(r"^\s*- alert: (\w+)", re.MULTILINE)
RUNBOOK = re.compile(r"^\*\*(DCS\w+)\.\*\*", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"`(tools/[\w./-]+)")
# A ratio, such as "1.41 ×", or a rate, such as "94,140".
FIGURE = re.compile(r"\d[\d,]*\.\d+|\d{1,3}(?:,\d{3})+")


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    if "--write" in sys.argv[1:]:
        write_graph(root)
    findings = []
    check_graph(root, findings)
    check_alerts(root, findings)
    check_figures(root, findings)
    check_references(root, findings)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


def read(root, path):
    return (root / path).read_text(encoding="utf-8")


def modules(manifest):
    """Kind and needed modules of each of the package's modules but tests, in the order of the file."""
    found = {}
    heads = list(TARGET.finditer(manifest))
    for head, following in zip(heads, heads[1:] + [None]):
        kind, name = head.groups()
        rest = manifest[head.end() : following.start() if following else None]
        if kind != "testTarget" and 'path: "Tests' not in rest:
            found[name] = (kind, dependencies(rest))
    return {
        name: (kind, [other for other in others if other in found])
        for name, (kind, others) in found.items()
    }


def dependencies(text):
    """The names in a target's list of dependencies, products of other packages left out."""
    own = re.sub(r"\.product\([^)]*\)", "", text)
    names = re.search(r"dependencies: \[(.*?)\]", own, re.DOTALL)
    return re.findall(r"\"([\w-]+)\"", names.group(1)) if names else []


def graph(manifest):
    """The graph as Mermaid: an arrow for what a module needs, but for what another of them brings."""
    found = modules(manifest)
    lines = ["```mermaid", "flowchart TD"]
    for name, (kind, _) in found.items():
        shape = {"executableTarget": "([%s])", "systemLibrary": "[(%s)]", "target": "[%s]"}[kind]
        lines.append(f"    {name}{shape % name}")
    for name in found:
        lines += [f"    {name} --> {other}" for other in direct(name, found)]
    return "\n".join(lines + ["```", ""])


def direct(name, found):
    others = found[name][1]
    brought = set()
    for other in others:
        brought |= below(other, found)
    return [other for other in others if other not in brought]


def below(name, found):
    all_below = set()
    for other in found[name][1]:
        all_below |= {other} | below(other, found)
    return all_below


def check_graph(root, findings):
    path = "docs/ARCHITECTURE.md"
    text = read(root, path)
    match = GRAPH.search(text)
    if not match or match.group(2) != graph(read(root, "Package.swift")):
        findings.append(
            f"{path}: the graph is not that of Package.swift; write it with "
            "`python3 tools/lib/check_documents.py --write`"
        )
    for name in modules(read(root, "Package.swift")):
        if f"| `{name}` |" not in text:
            findings.append(f"{path}: module {name} has no row in a table")


def write_graph(root):
    path = root / "docs/ARCHITECTURE.md"
    text = path.read_text(encoding="utf-8")
    new = graph(read(root, "Package.swift"))
    path.write_text(GRAPH.sub(lambda m: m.group(1) + new + m.group(3), text), encoding="utf-8")


def check_alerts(root, findings):
    alerts = ALERT.findall(read(root, "deploy/dcs.rules.yml"))
    runbooks = RUNBOOK.findall(read(root, "docs/OPERATIONS.md"))
    for name in sorted(set(alerts) - set(runbooks)):
        findings.append(f"docs/OPERATIONS.md: alert {name} has no paragraph")
    for name in sorted(set(runbooks) - set(alerts)):
        findings.append(f"docs/OPERATIONS.md: {name} is no alert of deploy/dcs.rules.yml")


def check_figures(root, findings):
    """Each figure of the README's tables stands in the benchmarks' document."""
    known = set(FIGURE.findall(read(root, "docs/BENCHMARKS.md")))
    for line in read(root, "README.md").splitlines():
        for figure in FIGURE.findall(line) if line.startswith("|") else []:
            if figure not in known:
                findings.append(f"README.md: {figure} is not in docs/BENCHMARKS.md")


def check_references(root, findings):
    documents = [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").rglob("*.md"))]
    for document in documents:
        text = document.read_text(encoding="utf-8")
        name = document.relative_to(root).as_posix()
        for target in LINK.findall(text):
            if "://" not in target and not (document.parent / target).exists():
                findings.append(f"{name}: a link to {target}, which is not there")
        for command in COMMAND.findall(text):
            if not (root / command.rstrip(".")).exists():
                findings.append(f"{name}: {command} is not there")


if __name__ == "__main__":
    sys.exit(main())
