"""A small file system of its own: a file that is mounted through a loop device."""

import os
import shutil
import subprocess

from machine import Impossible


class SmallDisk:
    """ext4 in a file. Needs root, or sudo without a password, and a loop device."""

    def __init__(self, folder, megabytes):
        self._image = folder / f"disk.{len(list(folder.iterdir()))}"
        self.path = self._image.with_suffix(".mounted")
        for tool in ("mkfs.ext4", "mount"):
            if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
                raise Impossible(f"there is no {tool}")
        with open(self._image, "wb") as image:
            image.truncate(megabytes << 20)
        self._as_root("mkfs.ext4", "-q", "-F", "-m", "0", str(self._image))
        self._mount(self._image, self.path)
        self._mounted = [self.path]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for path in reversed(self._mounted):
            self._as_root("umount", "-l", str(path))

    def _mount(self, image, path):
        path.mkdir()
        self._as_root("mount", "-o", "loop", str(image), str(path))
        if os.geteuid() != 0:
            self._as_root("chown", str(os.geteuid()), str(path))

    @staticmethod
    def _as_root(*command):
        prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
        environment = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
        try:
            done = subprocess.run([*prefix, *command], capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, env=environment)
        except OSError as error:
            raise Impossible(f"{command[0]}: {error}") from error
        if done.returncode != 0:
            raise Impossible(f"{command[0]}: {done.stderr.strip()}")

    def remount(self, mode):
        self._as_root("mount", "-o", f"remount,{mode}", str(self.path))

    def fill(self, leave_bytes):
        """Takes all space but about so much; others may take some of it meanwhile."""
        self._ballast = self.path / "ballast"
        end = 0
        with open(self._ballast, "ab") as file:
            piece = 1 << 20
            while piece >= 4096:
                state = os.statvfs(self.path)
                if state.f_bavail * state.f_frsize - piece < leave_bytes:
                    piece //= 2
                    continue
                try:
                    os.posix_fallocate(file.fileno(), end, piece)
                    end += piece
                except OSError:
                    piece //= 2

    def empty(self):
        """Gives the space back."""
        self._ballast.unlink()

    def what_survives(self):
        """The disk as it would be after a power loss now, mounted: a copy of what has reached the
        device. Nobody may write meanwhile."""
        copy = self._image.with_suffix(f".{len(self._mounted)}")
        for _ in range(20):
            shutil.copyfile(self._image, copy)
            if same_bytes(self._image, copy):
                break
        else:
            raise Impossible("the disk does not come to rest")
        path = copy.with_suffix(copy.suffix + ".mounted")
        self._mount(copy, path)
        self._mounted.append(path)
        return path


def same_bytes(one, other):
    return subprocess.run(["cmp", "-s", str(one), str(other)]).returncode == 0
