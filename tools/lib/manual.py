#!/usr/bin/env python3
"""Makes a man page of what a program says of itself.

    dcs --experimental-dump-help | manual.py VERSION > dcs.1

The input is the description that every program of swift-argument-parser prints; the output is mdoc(7). So
the page has every command and option, and no other.
"""

import json
import re
import sys


def main():
    version = sys.argv[1]
    tool = json.load(sys.stdin)["command"]
    sys.stdout.write(page(tool, version))


def page(tool, version):
    name = tool["commandName"]
    lines = [
        ".Dd $Mdocdate$", f".Dt {name.upper()} 1", f".Os DCS {version}", ".Sh NAME", f".Nm {name}",
        f".Nd {text(tool['abstract']).rstrip('.')}", ".Sh SYNOPSIS", f".Nm {name}",
    ]
    commands = [command for command in tool.get("subcommands", []) if command["commandName"] != "help"]
    if commands:
        lines += [".Ar command", ".Op Ar argument ..."]
    lines += [".Sh DESCRIPTION", *paragraphs(tool.get("discussion") or tool["abstract"])]
    lines += options(tool)
    if commands:
        lines.append(".Sh COMMANDS")
    for command in commands:
        lines += section(command, name)
    lines += [
        ".Sh EXIT STATUS", "0 done, 1 not found or refused, 2 wrong usage.",
        ".Sh FILES", ".Bl -tag -width Ds", ".It Pa /etc/dcs/config.toml",
        "Settings of the service.", ".It Pa /var/lib/dcs/store", "Its data folder.", ".El",
    ]
    return "\n".join(lines) + "\n"


def section(command, program):
    words = [f".Ss {program} {command['commandName']}", *paragraphs(command["abstract"])]
    if command.get("discussion"):
        words += [".Pp", *paragraphs(command["discussion"])]
    words += options(command)
    for inner in command.get("subcommands", []):
        if inner["commandName"] != "help":
            words += section(inner, f"{program} {command['commandName']}")
    return words


def options(command):
    shown = [
        argument for argument in command.get("arguments", [])
        if argument["shouldDisplay"] and argument.get("valueName") not in ("help", "version")
    ]
    if not shown:
        return []
    lines = [".Bl -tag -width Ds"]
    for argument in shown:
        lines += [item(argument), *paragraphs(argument.get("abstract") or "")]
    return lines + [".El"]


def item(argument):
    if argument["kind"] == "positional":
        return f".It Ar {text(argument['valueName'])}"
    names = ", ".join(
        ("--" if name["kind"] == "long" else "-") + name["name"] for name in argument["names"]
    )
    value = f" Ar {text(argument['valueName'])}" if argument["kind"] == "option" else ""
    return f".It Cm {text(names)}{value}"


def paragraphs(words):
    """Lines for roff: sentences each on a line of its own, indented lines as they are."""
    lines = []
    for part in words.split("\n\n"):
        if lines:
            lines.append(".Pp")
        if re.search(r"^ ", part, re.MULTILINE) or part.count(":") > 2:
            lines += [".Bd -literal", *map(text, part.split("\n")), ".Ed"]
        else:
            lines += [text(line) for line in re.split(r"(?<=[.:]) ", part.replace("\n", " ")) if line]
    return lines


def text(words):
    """Roff's own characters made plain; a hyphen stays one that can be copied."""
    words = words.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga")
    return "\\&" + words if words.startswith((".", "'")) else words


if __name__ == "__main__":
    main()
