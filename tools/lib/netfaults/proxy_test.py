#!/usr/bin/env python3
"""Tests of the proxy: each mode between two members on loopback."""

import contextlib
import random
import socket
import threading
import time
import unittest

from network import ProxyProcess


def echo(connection):
    with connection, contextlib.suppress(OSError):
        while data := connection.recv(1 << 16):
            connection.sendall(data)


class ProxyTest(unittest.TestCase):
    def setUp(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()
        self.port = random.randrange(20_000, 30_000)
        self.address = f"127.{random.randrange(2, 250)}.{random.randrange(250)}.7"
        self.proxy = ProxyProcess([], "a", [{
            "to": "b", "address": self.address, "port": self.port,
            "target": list(self.server.getsockname())}])

    def tearDown(self):
        self.proxy.end()
        self.server.close()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=echo, args=(self.server.accept()[0],), daemon=True).start()

    def dial(self, timeout=20):
        return socket.create_connection((self.address, self.port), timeout)

    def expect_echo(self, end, data=b"hello"):
        end.sendall(data)
        found = b""
        while len(found) < len(data):
            self.assertTrue(more := end.recv(1 << 16), "the connection has ended")
            found += more
        self.assertEqual(found, data)

    def expect_silence(self, end):
        end.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            end.recv(1)
        end.settimeout(20)

    def test_it_passes_bytes_and_ends(self):
        with self.dial() as end:
            self.expect_echo(end, random.randbytes(300_000))
            end.shutdown(socket.SHUT_WR)
            self.assertEqual(end.recv(1), b"")

    def test_what_is_stalled_arrives_later(self):
        for source, target in (("a", "b"), ("b", "a")):
            with self.dial() as end:
                self.expect_echo(end)
                self.proxy.tell(f"set {source} {target} stall")
                end.sendall(b"later")
                self.expect_silence(end)
                self.proxy.tell(f"set {source} {target} pass")
                self.assertEqual(end.recv(5), b"later")

    def test_nobody_is_reached_while_a_direction_is_stalled(self):
        self.proxy.tell("set b a stall")
        with self.dial() as end:
            end.sendall(b"first")
            self.expect_silence(end)
            self.proxy.tell("set b a pass")
            self.assertEqual(end.recv(5), b"first")

    def test_what_is_dropped_never_arrives_and_the_connection_is_reset(self):
        with self.dial() as end:
            self.expect_echo(end)
            self.proxy.tell("set a b drop")
            end.sendall(b"gone")
            self.expect_silence(end)
            self.proxy.tell("set a b pass")
            with self.assertRaises(ConnectionResetError):
                end.recv(1)

    def test_a_cut_resets(self):
        with self.dial() as end:
            self.expect_echo(end)
            self.proxy.tell("cut b a")
            with self.assertRaises(ConnectionResetError):
                end.recv(1)
        with self.dial() as end:
            self.expect_echo(end)

    def test_delays_and_rates_keep_the_order(self):
        data = random.randbytes(40_000)
        with self.dial() as end:
            for mode in ("delay 100", "rate 200000"):
                self.proxy.tell(f"set a b {mode}")
                began = time.monotonic()
                self.expect_echo(end, data)
                self.assertGreater(time.monotonic() - began, 0.09)


if __name__ == "__main__":
    unittest.main()
