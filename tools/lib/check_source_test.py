#!/usr/bin/env python3
"""Tests of check_source and swift_source: each check must find its fault and nothing else."""

import pathlib
import tempfile
import unittest

import check_source
import swift_source


class BlankTest(unittest.TestCase):
    def test_comments_and_texts_vanish_and_lines_stay(self):
        source = 'a // b {\nc /* d /* e */\n} */ f "g { \\(h("i")) }" j\n#"k " \\("# l\n"""\n{ " {\n""" m\n'
        blanked = swift_source.blank(source)
        self.assertEqual(blanked.split(), ["a", "c", "f", "j", "l", "m"])
        self.assertEqual(blanked.count("\n"), source.count("\n"))


class CheckTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        (self.root / "tools/rules").mkdir(parents=True)
        self.rule("imports", "*: Glibc\nLow:\nHigh: Low NIO*\n")
        self.rule("file-system-modules", "Low\n")
        self.rule("long", "")

    def rule(self, name, text):
        (self.root / "tools/rules" / name).write_text(text)

    def findings(self, check, text, path="Sources/High/File.swift"):
        findings = []
        if check is check_source.check_documentation:
            check([(path, text)], findings)
        else:
            check(self.root, [(path, text)], findings)
        return findings

    def test_only_listed_imports_pass(self):
        check = check_source.check_imports
        allowed = "internal import Low\npackage import NIOCore\nimport Glibc\n// import Other\n"
        self.assertEqual(self.findings(check, allowed), [])
        self.assertEqual(
            self.findings(check, "\n@testable import struct Other.Name\n"),
            ["Sources/High/File.swift:2: High may not import Other"],
        )
        self.assertEqual(
            self.findings(check, "import High\n", "Sources/Low/File.swift"),
            ["Sources/Low/File.swift:1: Low may not import High"],
        )
        self.assertEqual(len(self.findings(check, "", "Sources/New/File.swift")), 1)

    def test_file_system_calls_stay_in_their_modules(self):
        check = check_source.check_system_calls
        call = "import Glibc\nlet a = Glibc.open(path, 0)\nlet b = fsync(a)\n"
        self.assertEqual(len(self.findings(check, call)), 2)
        self.assertEqual(self.findings(check, call, "Sources/Low/File.swift"), [])
        own = "import Glibc\nfunc open() {}\nlet c = files.open(path)\n// fsync(1)\n"
        self.assertEqual(self.findings(check, own), [])

    def test_long_functions_and_files_need_their_exact_exception(self):
        check = check_source.check_lengths
        source = "func a(\n  b: Int\n) {\n" + "  x\n" * 70 + "}\n"
        self.assertEqual(len(self.findings(check, source)), 1)
        name = "Sources/High/File.swift:a"
        for lines, count in [(73, 1), (74, 0), (75, 1)]:
            self.rule("long", f"{name} {lines}\n")
            self.assertEqual(len(self.findings(check, source)), count, lines)
        self.rule("long", "")
        self.assertEqual(len(self.findings(check, "x\n" * 400)), 0)
        self.assertEqual(len(self.findings(check, "x\n" * 401)), 1)
        self.rule("long", f"{name} 74\n")
        self.assertEqual(len(self.findings(check, "func a() {}\n")), 1)

    def test_requirements_have_no_length(self):
        source = "protocol P {\n  func a() -> Int\n  var b: Int { get }\n  init()\n}\n"
        self.assertEqual(list(check_source.functions(source)), [])

    def test_what_a_module_offers_has_a_doc_comment(self):
        check = check_source.check_documentation
        self.assertEqual(len(self.findings(check, "package struct A {}\n")), 1)
        self.assertEqual(len(self.findings(check, "extension A {\n  package func b() {}\n}\n")), 1)
        documented = "/// A.\n@frozen\npackage struct A {\n  package func b() {}\n}\n"
        self.assertEqual(self.findings(check, documented), [])
        conformance = "extension A: P {\n  package func b() {}\n}\n"
        self.assertEqual(self.findings(check, conformance), [])


if __name__ == "__main__":
    unittest.main()
