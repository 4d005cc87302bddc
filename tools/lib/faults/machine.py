"""What this machine allows."""

import functools
import shutil
import subprocess
import tempfile


class Impossible(Exception):
    """This machine does not allow the case; the message says why."""


@functools.cache
def need_strace():
    """Raises `Impossible` where strace cannot run a program, or attach to one."""
    if not shutil.which("strace"):
        raise Impossible("there is no strace")
    if problem := traced(["true"]):
        raise Impossible(f"strace cannot trace: {problem}")
    sleeper = subprocess.Popen(["sleep", "10"])
    try:
        if problem := traced(["-p", str(sleeper.pid)], seconds=0.3):
            raise Impossible(f"strace cannot attach: {problem}")
    finally:
        sleeper.kill()
        sleeper.wait()


def traced(arguments, seconds=10):
    """What strace complains of; empty where it does not, or still runs after the time."""
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            ["strace", "-qq", "-e", "trace=none", *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=errors)
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait()
            return ""
        errors.seek(0)
        return errors.read().strip() or f"it ended with {code}" if code else ""
