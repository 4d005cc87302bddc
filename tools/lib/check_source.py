#!/usr/bin/env python3
"""Checks of the source that the compiler does not make.

Imports against tools/rules/imports, file system calls against tools/rules/file-system-modules,
lengths against tools/rules/long, and doc comments on what modules offer each other.
Prints each finding as PATH:LINE: what; exits 1 where there is one.
"""

import pathlib
import re
import sys

import swift_source

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70

IMPORT = re.compile(
    r"^\s*(?:@\w+\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+"
    r"(?:(?:struct|class|enum|protocol|func|let|var|typealias)\s+)?(\w+)",
    re.MULTILINE,
)
SYSTEM_CALL = re.compile(
    r"(?:(?<![.\w])|\bGlibc\.)(open|openat|creat|read|pread|preadv2?|pwrite|pwritev2?|fsync|"
    r"fdatasync|sync_file_range|ftruncate|truncate|unlink|rename|mkdir|rmdir|opendir|flock|"
    r"msync|fallocate|posix_fallocate|stat|fstat|lstat|fopen|FileManager|FileHandle)\("
)
FUNCTION = re.compile(r"\b(func\s+[^\s(<]+|init\b[?!]?|deinit|subscript)(?=\s*[(<{])")
DOCUMENTED = re.compile(
    r"^\s*package\s+(?:(?:static|final|indirect|mutating|consuming|borrowing)\s+)*"
    r"(struct|enum|class|actor|protocol|func|typealias)\s+(\w+|\S+)"
)
# A comment on the extension says what its functions are.
PLAIN_EXTENSION = re.compile(r"^extension\s+[\w.]+\s*(?:where\b.*)?\{")


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    findings = []
    sources = list(swift_source.files(root, "Sources"))
    tests = list(swift_source.files(root, "Tests"))
    check_imports(root, sources, findings)
    check_system_calls(root, sources, findings)
    check_lengths(root, sources + tests, findings)
    check_documentation(sources, findings)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


def module(path):
    return path.split("/")[1]


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def check_imports(root, sources, findings):
    allowed = {}
    for rule in swift_source.rules(root, "imports"):
        name, _, imports = rule.partition(":")
        allowed[name.strip()] = imports.split()
    for path, text in sources:
        if module(path) not in allowed:
            findings.append(f"{path}:1: module {module(path)} is not in tools/rules/imports")
            continue
        patterns = allowed[module(path)] + allowed["*"]
        for found in IMPORT.finditer(swift_source.blank(text)):
            name = found.group(1)
            if not any(matches(pattern, name) for pattern in patterns):
                line = line_of(text, found.start(1))
                findings.append(f"{path}:{line}: {module(path)} may not import {name}")


def matches(pattern, name):
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def check_system_calls(root, sources, findings):
    modules = set(swift_source.rules(root, "file-system-modules"))
    for path, text in sources:
        code = swift_source.blank(text)
        imports = {found.group(1) for found in IMPORT.finditer(code)}
        if module(path) in modules or not imports & {"Glibc", "Foundation"}:
            continue
        for found in SYSTEM_CALL.finditer(code):
            if code[: found.start()].rstrip().endswith("func"):
                continue
            line = line_of(text, found.start())
            findings.append(f"{path}:{line}: {found.group(1)} is a file system call")


def check_lengths(root, sources, findings):
    exceptions = {}
    for rule in swift_source.rules(root, "long"):
        name, lines = rule.rsplit(None, 1)
        exceptions[name] = int(lines)
    for path, text in sources:
        judge(path, 1, text.count("\n"), FILE_LINES_MAX, path, exceptions, findings)
        for name, line, lines in functions(swift_source.blank(text)):
            title = f"{path}:{name}"
            judge(title, line, lines, FUNCTION_LINES_MAX, path, exceptions, findings)
    for name in exceptions:
        findings.append(f"tools/rules/long: {name} needs no exception any more: remove it")


def judge(title, line, lines, limit, path, exceptions, findings):
    listed = exceptions.pop(title, None) if lines > limit else None
    if lines > limit and listed is None:
        findings.append(f"{path}:{line}: {title} has {lines} lines, {limit} are allowed")
    elif listed is not None and lines > listed:
        findings.append(f"{path}:{line}: {title} has grown from {listed} to {lines} lines")
    elif listed is not None and lines < listed:
        findings.append(f"tools/rules/long: {title} has shrunk to {lines} lines: lower its entry")


def functions(code):
    """Name, line and length of every function with a body."""
    for found in FUNCTION.finditer(code):
        opening = body(code, found.end())
        if opening is not None:
            start = line_of(code, found.start())
            name = found.group(1).replace("func", "").strip()
            yield name, start, line_of(code, closing(code, opening)) - start + 1


def body(code, index):
    """The brace that opens a function's body; None for a requirement without one."""
    depth = 0
    while index < len(code):
        character = code[index]
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "{" and depth == 0:
            return index
        elif character == "}" and depth == 0:
            return None
        elif character == "\n" and depth == 0:
            following = code[index:].lstrip()
            if not following.startswith(("{", "->", "where", "throws", "rethrows", "async", ")")):
                return None
        index += 1
    return None


def closing(code, opening):
    depth, index = 0, opening
    while index < len(code):
        depth += {"{": 1, "}": -1}.get(code[index], 0)
        if depth == 0:
            return index
        index += 1
    return len(code) - 1


def check_documentation(sources, findings):
    """Types and functions of a file's top level, and functions of plain extensions.

    Members of a type, and what a conformance asks for, are said where the type or the protocol is.
    """
    for path, text in sources:
        lines = text.splitlines()
        depth, in_extension = 0, False
        for number, line in enumerate(swift_source.blank(text).splitlines()):
            if depth == 0 and line.strip():
                in_extension = PLAIN_EXTENSION.match(line) and not has_comment(lines, number)
            found = DOCUMENTED.match(line)
            is_judged = depth == 0 or (depth == 1 and in_extension)
            if found and is_judged and not is_exempt(found) and not has_comment(lines, number):
                name = found.group(2).rstrip(":")
                findings.append(f"{path}:{number + 1}: {name} has no doc comment")
            depth += line.count("{") - line.count("}")


def is_exempt(found):
    """Operators say by their sign what they do."""
    return found.group(1) == "func" and not found.group(2)[0].isalpha()


def has_comment(lines, number):
    number -= 1
    while number >= 0 and lines[number].strip().startswith(("@", "//")):
        if lines[number].strip().startswith("///"):
            return True
        number -= 1
    return False


if __name__ == "__main__":
    sys.exit(main())
