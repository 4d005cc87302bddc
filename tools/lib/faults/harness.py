"""Cases, what each expects and sees, and the table at the end."""

import pathlib
import shutil
import subprocess
import tempfile
import time
import traceback

from client import read
from machine import Impossible
from oracle import Failed
from server import Refused, Server

CASES = {}


def case(name, title):
    """Declares a function of one `Run` as the case `name` of the table."""
    def declare(function):
        CASES[name] = (title, function)
        return function
    return declare


class Run:
    """One case at work: its folder, its servers, what it found."""

    def __init__(self, name, options):
        self.name, self.fast, self.program = name, options.fast, options.program
        self.seed = options.seed
        self.root = options.root
        # What judges histories, where a case has any.
        self.checker = getattr(options, "checker", None)
        self.is_verbose = options.verbose
        self._options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"dcs-faults-{name}-"))
        self.checks = self.differences = 0
        self.skipped = []
        # How many reads of the last comparison were errors.
        self.last_found_errors = 0
        self._folders = 0

    def new_folder(self, template=None):
        """A folder of its own; a copy of `template`'s data folder where one is given."""
        self._folders += 1
        folder = self.folder / str(self._folders)
        folder.mkdir()
        if template:
            copy_data(template, folder / "data")
        return folder

    def server(self, template=None, folder=None, **settings):
        server = Server(self.program, folder or self.new_folder(template), **settings)
        if folder:
            server.logs = self.new_folder()
        return server

    def remove(self, folder):
        shutil.rmtree(folder)

    def expect(self, what, seen, holds):
        """Notes one comparison; prints it where it differs, or was asked for."""
        self.checks += 1
        if not holds:
            self.differences += 1
        if not holds or self.is_verbose:
            print(f"  {'ok     ' if holds else 'DIFFERS'} expected {what}; seen: {seen}", flush=True)
        return holds

    def say(self, text):
        print(f"  {text}", flush=True)

    def skip(self, reason):
        """A part of the case that this machine does not allow."""
        self.skipped.append(reason)
        self.say(f"not possible here: {reason}")

    def expect_recovery(self, what, server, oracle, may_fail=False):
        """Starts the server over what is there and compares everything with the oracle."""
        try:
            server.start()
        except Refused as refusal:
            return self.expect(f"{what}: a start", last_line(refusal.message), False)
        return self.expect_state(what, server, oracle, may_fail)

    def expect_state(self, what, server, oracle, may_fail=False):
        """Compares every key that was ever written, and some that never were, with the oracle."""
        never = [f"never {n}" for n in range(3)]
        since = time.monotonic()
        with server.connect() as connection:
            found = read(connection, oracle.keys + never)
        differences = oracle.judge(found, since, time.monotonic(), may_fail)
        self.last_found_errors = sum(isinstance(value, Failed) for value in found.values())
        return self.expect(
            f"{what}: every key as acknowledged", "; ".join(differences[:3]) or "so", not differences)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def copy_data(source, target):
    """A copy of a data folder, holes kept; much faster than reading them."""
    subprocess.run(["cp", "-r", "--sparse=always", str(source), str(target)], check=True)


def last_line(text):
    return (text.strip().splitlines() or ["nothing"])[-1]


def run_case(name, options):
    """Runs one case. Returns a row of the table: name, title, checks, result, seconds."""
    title, function = CASES[name]
    print(f"{name} {title}", flush=True)
    run = Run(name, options)
    began = time.monotonic()
    try:
        function(run)
        result = "as expected" if run.differences == 0 else f"{run.differences} DIFFER"
        if run.checks == 0:
            result = "not possible here"
        elif run.skipped:
            result += f" ({len(run.skipped)} part not possible here)"
    except Impossible as reason:
        run.say(f"not possible here: {reason}")
        result = "not possible here" if run.differences == 0 else f"{run.differences} DIFFER"
    except Exception:
        traceback.print_exc()
        run.differences += 1
        result = "FAILED"
    finally:
        if run.differences and options.keep:
            run.say(f"kept: {run.folder}")
        else:
            run.close()
    seconds = time.monotonic() - began
    print(f"  {result}: {run.checks} checks in {seconds:.1f} s", flush=True)
    return name, title, run.checks, result, seconds, run.differences


def print_table(rows):
    print("\n| case | fault | checks | result | seconds |\n|---|---|---:|---|---:|")
    for name, title, checks, result, seconds, _ in rows:
        print(f"| {name} | {title} | {checks} | {result} | {seconds:.0f} |")
