"""A process under load: how to start it, and what it uses."""

import http.client
import os
import re
import socket
import statistics
import subprocess
import sys
import time

TICK = os.sysconf("SC_CLK_TCK")
SYSTEM_SECRET = "a-system-secret-for-measuring"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Process:
    """Something that answers HTTP. Use it in a `with` block, and it ends with it."""

    def __init__(self, command, environment, log, port, path):
        self.command, self.environment, self.log, self.port, self.path = command, environment, log, port, path

    def __enter__(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        begun = time.monotonic()
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > begun + 60:
                sys.exit(f"{self.command[0]} does not answer; its log says:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.0005)
        self.ready_after = time.monotonic() - begun
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def answers(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", self.path)
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def processor_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def resident(self):
        """Megabytes in memory now."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) / 1024


def bare(options):
    """The handler that does nothing."""
    port = free_port()
    process = Process([options.bare, str(port)], {}, options.folder / "bare.log", port, "/")
    process.url = f"http://127.0.0.1:{port}/"
    return process


def hydra(options, **settings):
    """The server. Nothing of the caller's environment changes what is measured."""
    public, admin = free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(options.folder),
        "DSN": options.dsn,
        "SECRETS_SYSTEM": SYSTEM_SECRET,
        "LOG_LEVEL": "warn",
        "SERVE_PUBLIC_HOST": "127.0.0.1",
        "SERVE_PUBLIC_PORT": str(public),
        "SERVE_ADMIN_HOST": "127.0.0.1",
        "SERVE_ADMIN_PORT": str(admin),
        "URLS_SELF_ISSUER": f"http://127.0.0.1:{public}/",
        **settings,
    }
    command = [options.hydra, "serve", "all", "--dev"]
    process = Process(command, environment, options.folder / "hydra.log", admin, "/health/ready")
    process.public = f"http://127.0.0.1:{public}"
    process.admin = f"http://127.0.0.1:{admin}"
    return process


def milliseconds_to_ready(options):
    """From the start of the process to the first good answer of /health/ready: the median of nine starts."""
    times = []
    for _ in range(9):
        with hydra(options) as server:
            times.append(server.ready_after)
    return statistics.median(times) * 1000
