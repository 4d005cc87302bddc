#!/usr/bin/env python3
"""A TCP proxy between the members of a cluster that does to their bytes what networks do.

It listens for each destination on an address of its own. Who dials is known from the network
namespace that it runs in, or, on loopback, from the process that holds the other end. Each ordered
pair of members is a direction, and each direction has a mode:

  pass            bytes go on as they come
  delay MS        so much later, in order
  rate BYTES      so many a second
  stall           nothing is taken, connections stay open, and nothing is lost: packets do not arrive
  drop            bytes are taken and thrown away; such a connection is reset when the mode changes

`cut A B` resets every connection between two members. Commands come on standard input, one a line
(`set A B MODE…`, `cut A B`, `pids JSON`), each answered with `ok` once it is in force; the end of
the input ends the proxy. Nothing here looks into the bytes, which are TLS: what must hold where
messages come twice, late or not at all is for tests above TLS.
"""

import asyncio
import json
import os
import pathlib
import socket
import struct
import sys

CHUNK_BYTES = 1 << 14


class Direction:
    """The bytes from one member to another, over all connections between them."""

    def __init__(self):
        self.mode, self.value = "pass", 0
        self.changed = asyncio.Event()
        self.forwarded = 0

    @property
    def is_open(self):
        return self.mode != "stall"

    def set(self, mode, value):
        self.mode, self.value = mode, value
        self.changed.set()
        self.changed = asyncio.Event()

    async def until_open(self):
        while not self.is_open:
            await self.changed.wait()


class Connection:
    """Two sockets and what goes between them."""

    def __init__(self, proxy, ends, near, far):
        self.proxy, self.ends, self.near, self.far = proxy, ends, near, far
        self.is_doomed = False

    async def run(self):
        source, target = self.ends
        await asyncio.gather(
            self.pump(self.near[0], self.far[1], self.proxy.direction(source, target)),
            self.pump(self.far[0], self.near[1], self.proxy.direction(target, source)))

    async def pump(self, reader, writer, direction):
        due = 0.0
        loop = asyncio.get_running_loop()
        try:
            while True:
                await direction.until_open()
                data = await reader.read(CHUNK_BYTES)
                await direction.until_open()
                if direction.mode == "rate":
                    await asyncio.sleep(len(data) / max(1, direction.value))
                if direction.mode == "drop":
                    self.is_doomed = True
                    # Its end is not heard of either.
                    if data:
                        continue
                    await direction.changed.wait()
                    return self.reset()
                direction.forwarded += len(data)
                if direction.mode == "delay" or due > loop.time():
                    wait = direction.value / 1000 if direction.mode == "delay" else 0
                    due = max(loop.time() + wait, due + 1e-5)
                    loop.call_at(due, self.write, writer, data)
                else:
                    self.write(writer, data)
                    await writer.drain()
                if not data:
                    return
        except OSError:
            # One end is gone: the other learns of it when packets arrive again.
            await direction.until_open()
            self.reset()

    @staticmethod
    def write(writer, data):
        if writer.is_closing():
            return
        if data:
            writer.write(data)
        elif writer.can_write_eof():
            writer.write_eof()

    def reset(self):
        for _, writer in (self.near, self.far):
            raw = writer.get_extra_info("socket")
            if raw is not None and raw.fileno() >= 0:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class Proxy:
    def __init__(self, source, listeners):
        self.source, self.listeners = source, listeners
        self.directions, self.connections, self.pids = {}, set(), {}

    def direction(self, source, target):
        return self.directions.setdefault((source, target), Direction())

    async def serve(self):
        for one in self.listeners:
            await asyncio.start_server(
                lambda reader, writer, one=one: self.accepted(one, reader, writer),
                one["address"], one["port"], backlog=256)

    async def accepted(self, listener, reader, writer):
        target = listener["to"]
        source = self.source or holder(writer.get_extra_info("peername"), self.pids)
        there, back = self.direction(source, target), self.direction(target, source)
        far = None
        try:
            # Neither a first packet nor its answer arrives.
            while not (there.is_open and back.is_open) or "drop" in (there.mode, back.mode):
                waits = [asyncio.ensure_future(one.changed.wait()) for one in (there, back)]
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                for one in waits:
                    one.cancel()
            far = await asyncio.open_connection(*listener["target"])
        except OSError:
            writer.transport.abort()
            return
        for _, end in ((reader, writer), far):
            end.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(self, (source, target), (reader, writer), far)
        self.connections.add(connection)
        try:
            await connection.run()
        finally:
            self.connections.discard(connection)
            for _, end in ((reader, writer), far):
                end.close()

    def command(self, line):
        words = line.split(None, 1)
        if words[0] == "pids":
            self.pids = json.loads(words[1])
            return
        name, source, target, *mode = line.split()
        if name == "cut":
            for connection in list(self.connections):
                if set(connection.ends) == {source, target}:
                    connection.reset()
            return
        self.direction(source, target).set(mode[0], int(mode[1]) if len(mode) > 1 else 0)
        for connection in list(self.connections):
            if mode[0] != "drop" and connection.is_doomed and {source, target} == set(connection.ends):
                connection.reset()


def holder(peer, pids):
    """The member whose process holds the other end of a connection on this machine."""
    address, port = peer[0], peer[1]
    wanted = f"{struct.unpack('<I', socket.inet_aton(address))[0]:08X}:{port:04X}"
    inode = None
    with open("/proc/net/tcp") as table:
        for row in table:
            fields = row.split()
            if fields[1] == wanted:
                inode = f"socket:[{fields[9]}]"
                break
    for name, pid in pids.items():
        try:
            for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
                try:
                    if os.readlink(entry) == inode:
                        return name
                except OSError:
                    continue
        except OSError:
            continue
    return "unknown"


async def main():
    settings = json.loads(sys.argv[1])
    proxy = Proxy(settings["from"], settings["listeners"])
    await proxy.serve()
    print("ok", flush=True)
    commands = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        proxy.command(line.decode())
        print("ok", flush=True)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
