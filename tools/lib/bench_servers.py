"""The servers of a benchmark: DCS, nginx, Redis and memcached, each a process of its own on processor 0."""

import json
import os
import pathlib
import socket
import subprocess
import time

SERVER_CPU = "0"
START_SECONDS_MAX = 30
# What both sides encrypt with: the first that OpenSSL's clients offer.
CIPHER = "TLS_AES_256_GCM_SHA384"
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Server:
    """A process that serves on `port`; `folder` is its own."""

    def __init__(self, folder, name):
        self.name, self.folder = name, folder / name
        self.folder.mkdir()
        self.port = free_port()
        self.process, self.command = None, None

    def start(self, command):
        self.command = command
        return self.start_again()

    def start_again(self):
        """By the same command, after the process has ended."""
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                ["taskset", "-c", SERVER_CPU, *map(str, self.command)], cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name}: " + (self.folder / "log").read_text())
            time.sleep(0.005)
        return self

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()

    def processor_seconds(self):
        """User and system time of the process and its children, so far."""
        total = [0.0, 0.0]
        for pid in [self.process.pid, *children(self.process.pid)]:
            for kind, seconds in enumerate(processor_seconds(pid)):
                total[kind] += seconds
        return total


def processor_seconds(pid):
    """User and system time of a process, so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / TICKS_PER_SECOND, int(fields[12]) / TICKS_PER_SECOND


def children(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def make_certificate(folder):
    """A certificate for 127.0.0.1 and its key, as paths."""
    certificate, key = folder / "server.pem", folder / "server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=bench",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    key.chmod(0o600)
    return certificate, key


def start_dcs(folder, name, program, wal_sync, *settings):
    """`settings` as `--set` takes them."""
    server = Server(folder, name)
    more = [part for setting in settings for part in ("--set", setting)]
    return server.start([
        program, "serve", "--data-dir", server.folder / "data",
        "--listen", f"127.0.0.1:{server.port}", "--metrics-port", "0", "--set", "threads=1",
        "--set", f"wal_sync={wal_sync}", *more])


def start_nginx(folder, value, file_bytes, certificate=None):
    """With a certificate and its key encrypted, by one cipher suite."""
    server = Server(folder, "nginx")
    encryption = "" if certificate is None else f"""
                ssl_certificate {certificate[0]}; ssl_certificate_key {certificate[1]};
                ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites {CIPHER};"""
    answer = json.dumps({"value": value, "found": True}).replace('"', '\\"')
    (server.folder / "file").write_bytes(os.urandom(file_bytes))
    (server.folder / "conf").write_text(f"""
        daemon off; worker_processes 1; pid {server.folder}/pid; error_log stderr crit;
        events {{ worker_connections 8192; }}
        http {{
            access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
            client_body_temp_path {server.folder}; proxy_temp_path {server.folder};
            fastcgi_temp_path {server.folder}; uwsgi_temp_path {server.folder};
            scgi_temp_path {server.folder};
            server {{
                listen 127.0.0.1:{server.port}{" ssl" if encryption else ""} backlog=8192;{encryption}
                location = /cache {{ default_type application/json; return 200 "{answer}"; }}
                location = /cache/file {{ alias {server.folder}/file; }}
            }}
        }}""")
    # The worker gives up root, and then could not read a folder of root's alone.
    user = "user root;\n" if os.geteuid() == 0 else ""
    conf = server.folder / "conf"
    conf.write_text(user + conf.read_text())
    return server.start(["nginx", "-c", conf, "-p", server.folder])


def start_redis(folder, name, append):
    server = Server(folder, name)
    options = ["--appendonly", "no"] if append is None else [
        "--appendonly", "yes", "--appendfsync", append]
    return server.start([
        "redis-server", "--port", server.port, "--bind", "127.0.0.1", "--save", "",
        "--dir", server.folder, *options])


def start_memcached(folder):
    """One thread, in memory alone, as it always is."""
    server = Server(folder, "memcached")
    user = ["-u", "root"] if os.geteuid() == 0 else []
    return server.start([
        "memcached", "-l", "127.0.0.1", "-p", server.port, "-U", "0", "-t", "1", "-m", "256",
        "-c", "8192", *user])
