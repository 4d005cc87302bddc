#!/usr/bin/env python3
"""Types the console sessions of a document into a shell and compares what comes back, to the letter.

    readme_test.py DOCUMENT DATA_PORT MANAGEMENT_PORT

The session runs in one shell, in the order of the document. What differs from run to run is known:
transaction numbers are remembered, so that later commands name the real one; of `curl -i` the lines that
the document shows must be among those that came. A command without output in the document must succeed.
A search is asked again for a while, since what is written is found soon and not at once.
"""

import pathlib
import re
import subprocess
import sys
import time

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SEARCH_SECONDS = 30
NUMBER = re.compile(r"\b[0-9a-f]{32}\b")


def main():
    document, data_port, management_port = sys.argv[1:]
    text = pathlib.Path(document).read_text(encoding="utf-8")
    steps = list(commands(text))
    if len(steps) < 5:
        sys.exit(f"{document}: only {len(steps)} commands")
    ports = {"50051": data_port, "9898": management_port}
    numbers = {}
    for command, wanted in steps:
        run(document, command, wanted, ports, numbers)
    print(f"{pathlib.Path(document).name}: {len(steps)} commands do what it says")


def commands(text):
    """Each command of the console blocks with the lines that the document shows below it."""
    for block in BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.rstrip("\n").split("\n")
            count = length(lines)
            yield "\n".join(lines[:count]), [line for line in lines[count:] if line.strip()]


def length(lines):
    """How many lines the command has: it goes on after a backslash, and while a quote is open."""
    for count in range(1, len(lines) + 1):
        text = "\n".join(lines[:count])
        if not text.endswith("\\") and text.count("'") % 2 == 0:
            return count
    return len(lines)


def run(document, command, wanted, ports, numbers):
    real = NUMBER.sub(lambda found: numbers.get(found.group(), found.group()), command)
    for usual, free in ports.items():
        real = re.sub(rf"localhost:{usual}\b", f"localhost:{free}", real)
    done = typed(real)
    # What is written is found soon, and not at once.
    end = time.monotonic() + SEARCH_SECONDS
    while "/search?" in real and not shows(done, wanted) and time.monotonic() < end:
        done = typed(real)
    if done.returncode:
        sys.exit(f"{document}: {command}\nended with {done.returncode}: {done.stderr}")
    seen = done.stdout.replace("\r", "").split("\n")
    for old, new in zip(NUMBER.findall("\n".join(wanted)), NUMBER.findall(done.stdout)):
        numbers[old] = new
    wanted = [NUMBER.sub(lambda found: numbers.get(found.group(), found.group()), line) for line in wanted]
    missing = [line for line in wanted if line not in seen]
    if missing or not wanted and done.stdout.strip() and "-i" not in command.split():
        sys.exit(f"{document}: {command}\nshows\n{done.stdout}\nand not\n" + "\n".join(missing))


def typed(command):
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=60,
    )


def shows(done, wanted):
    seen = done.stdout.replace("\r", "").split("\n")
    return all(line in seen for line in wanted)


if __name__ == "__main__":
    main()
