"""The preloaded library: builds it, and says how the program is started with it."""

import pathlib
import shutil
import subprocess

from machine import Impossible

SOURCE = pathlib.Path(__file__).with_name("shim.c")


def build(run):
    library = run.folder / "shim.so"
    if not library.exists():
        compiler = shutil.which("clang") or shutil.which("cc")
        if not compiler:
            raise Impossible("there is no C compiler for the preloaded library")
        subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"],
                       check=True)
    return library


def transfers(run, every):
    """Every so many transfers are cut short, and as many interrupted."""
    return {"LD_PRELOAD": str(build(run)), "FAULTS_TRANSFERS": str(every)}


class WrongClock:
    """A wall clock that is `seconds` off; it can be stepped under way."""

    def __init__(self, run):
        self._library = build(run)
        self._path = run.folder / "clock"
        self.seconds = 0

    @property
    def seconds(self):
        return self._seconds

    @seconds.setter
    def seconds(self, value):
        self._seconds = value
        sibling = self._path.with_suffix(".new")
        sibling.write_text(str(int(value)))
        sibling.rename(self._path)

    @property
    def environment(self):
        return {"LD_PRELOAD": str(self._library), "FAULTS_CLOCK": str(self._path)}
