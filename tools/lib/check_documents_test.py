#!/usr/bin/env python3
"""Tests of check_documents: each check must find its fault and nothing else."""

import pathlib
import tempfile
import unittest

import check_documents

MANIFEST = """
let package = Package(
    targets: [
        .systemLibrary(name: "CLow", pkgConfig: "low"),
        .target(name: "Low", dependencies: ["CLow"]),
        .target(
            name: "Middle",
            dependencies: ["Low", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: strict),
        .executableTarget(
            name: "top-most", dependencies: ["Low", "Middle"], swiftSettings: strict),
        .testTarget(name: "LowTests", dependencies: ["Low"], swiftSettings: strict),
    ]
)
"""
ROWS = "".join(f"| `{name}` | x |\n" for name in ["CLow", "Low", "Middle", "top-most"])


class CheckTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("Package.swift", MANIFEST)
        graph = check_documents.graph(MANIFEST)
        self.architecture = f"<!-- graph: x -->\n{graph}<!-- end of graph -->\n{ROWS}"
        self.write("docs/ARCHITECTURE.md", self.architecture)
        self.write("docs/OPERATIONS.md", "**DCSDown.** Start it.\n")
        self.write("docs/BENCHMARKS.md", "| 1.41 | 94,140 |\n")
        self.write("deploy/dcs.rules.yml", "rules:\n  - alert: DCSDown\n")
        self.write("README.md", "| 94,140 | 1.41 × |\n[more](docs/OPERATIONS.md#x)\n`tools/run`\n")
        self.write("CONTRIBUTING.md", "")
        self.write("tools/run", "")

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def findings(self):
        findings = []
        for check in ["graph", "alerts", "figures", "references"]:
            getattr(check_documents, f"check_{check}")(self.root, findings)
        return findings

    def test_what_agrees_passes(self):
        self.assertEqual(self.findings(), [])

    def test_the_graph_leaves_out_what_another_module_brings(self):
        arrows = [line.strip() for line in check_documents.graph(MANIFEST).splitlines() if "-->" in line]
        self.assertEqual(arrows, ["Low --> CLow", "Middle --> Low", "top-most --> Middle"])

    def test_a_changed_dependency_is_found_and_can_be_written(self):
        self.write("Package.swift", MANIFEST.replace('["Low", "Middle"]', '["Low"]'))
        self.assertEqual(len(self.findings()), 1)
        check_documents.write_graph(self.root)
        self.assertEqual(self.findings(), [])

    def test_a_module_without_a_row_is_found(self):
        self.write("docs/ARCHITECTURE.md", self.architecture.replace("| `Middle` |", ""))
        self.assertEqual(len(self.findings()), 1)

    def test_alerts_and_runbooks_belong_together(self):
        self.write("deploy/dcs.rules.yml", "  - alert: DCSDown\n  - alert: DCSNew\n")
        self.assertEqual(self.findings(), ["docs/OPERATIONS.md: alert DCSNew has no paragraph"])
        self.write("deploy/dcs.rules.yml", "")
        self.assertEqual(len(self.findings()), 1)

    def test_a_figure_that_nobody_measured_is_found(self):
        self.write("README.md", "| 95,140 | 1.41 × |\n")
        self.assertEqual(self.findings(), ["README.md: 95,140 is not in docs/BENCHMARKS.md"])

    def test_links_and_commands_lead_somewhere(self):
        self.write("README.md", "[a](docs/NONE.md) [b](https://example.org/none) `tools/none x`\n")
        self.assertEqual(len(self.findings()), 2)


if __name__ == "__main__":
    unittest.main()
