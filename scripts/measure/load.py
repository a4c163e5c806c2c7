"""Loads: what is asked, and what came of it."""

import dataclasses
import json
import re
import subprocess
import sys
import threading
import time

FORM = "application/x-www-form-urlencoded"
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclasses.dataclass
class Load:
    """Requests to one address. `bodies` and `credentials` are taken in turn, whichever list is longer setting the round."""

    name: str
    url: str
    bodies: list = dataclasses.field(default_factory=list)
    credentials: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Outcome:
    """What one load at one number of connections came to."""

    name: str
    connections: int
    requests: int
    rate: float
    median: float
    slow: float
    failed: int
    processor: float
    resident: float


def run(load, connections, seconds, process, folder):
    """Loads a process once warm. `processor` is what it used for a request, in microseconds, on all cores."""
    script = folder / "load.lua"
    script.write_text(lua(load, folder))
    command = ["wrk", "-t", "1", "-c", str(connections), "--timeout", "10s", "-s", script]
    subprocess.run([*command, "-d", "1", load.url], check=True, stdout=subprocess.DEVNULL)
    watch = Watch(process)
    before = process.processor_seconds()
    with watch:
        output = subprocess.run(
            [*command, "-d", f"{seconds}s", "--latency", load.url], check=True, capture_output=True, text=True
        ).stdout
    used = process.processor_seconds() - before
    requests = int(find(r"(\d+) requests in", output))
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
    return Outcome(
        name=load.name,
        connections=connections,
        requests=requests,
        rate=float(find(r"Requests/sec:\s+([\d.]+)", output)),
        median=milliseconds(find(r"^ +50% +(\S+)", output)),
        slow=milliseconds(find(r"^ +99% +(\S+)", output)),
        failed=(int(refused[1]) if refused else 0) + (sum(map(int, broken.groups())) if broken else 0),
        processor=used / requests * 1e6,
        resident=watch.most,
    )


def run_logins(program, server, connections, seconds):
    """Logins with a code: six requests each."""
    public, admin = (url.removeprefix("http://") for url in (server.public, server.admin))
    watch = Watch(server)
    before = server.processor_seconds()
    with watch:
        ran = subprocess.run([program, public, admin, str(connections), str(seconds)], check=True, capture_output=True, text=True)
    used = server.processor_seconds() - before
    told = json.loads(ran.stdout)
    if told["failed"]:
        print(ran.stderr, file=sys.stderr)
    logins = told["per_second"] * seconds
    return Outcome(
        name="logins with a code",
        connections=connections,
        requests=round(logins),
        rate=told["per_second"],
        median=told["median_ms"],
        slow=told["p99_ms"],
        failed=told["failed"],
        # The program is a second longer at it, warming up.
        processor=used * seconds / (seconds + 1) / max(logins, 1) * 1e6,
        resident=watch.most,
    )


class Guesses:
    """Guesses at the secret of a client, 200 in flight and no two alike, as long as the `with` block lasts."""

    def __init__(self, url, client, folder):
        self.url, self.script, self.log = url, folder / "guesses.lua", folder / "guesses.log"
        self.script.write_text(f"""
wrk.method = "POST"
wrk.headers["Content-Type"] = "{FORM}"
local count = 0
function request()
    count = count + 1
    return wrk.format(nil, nil, nil, "grant_type=client_credentials&client_id={client}&client_secret=wrong-" .. count)
end
""")

    def __enter__(self):
        with open(self.log, "w") as log:
            command = ["wrk", "-t", "1", "-c", "200", "-d", "1h", "-s", self.script, self.url]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        time.sleep(1)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def lua(load, folder):
    """A script for wrk that has every request ready before it begins: making them must not take the server's time."""
    lines = []
    for name in ("bodies", "credentials"):
        listed = folder / f"{name}.txt"
        listed.write_text("".join(f"{item}\n" for item in getattr(load, name)))
        lines.append(f'local {name} = {{}} for line in io.lines("{listed}") do {name}[#{name} + 1] = line end')
    return "\n".join(lines) + f"""
local requests, at = {{}}, 0
function init(_)
    for n = 1, math.max(#bodies, #credentials, 1) do
        local headers, body = {{}}, bodies[(n - 1) % math.max(#bodies, 1) + 1]
        if body then headers["Content-Type"] = "{FORM}" end
        if #credentials > 0 then headers["Authorization"] = "Basic " .. credentials[(n - 1) % #credentials + 1] end
        requests[n] = wrk.format(body and "POST" or "GET", nil, headers, body)
    end
end
function request()
    at = at % #requests + 1
    return requests[at]
end
"""


class Watch(threading.Thread):
    """The most memory that a process holds while it is watched."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process, self.most, self.over = process, 0.0, threading.Event()

    def run(self):
        while not self.over.wait(0.2):
            self.most = max(self.most, self.process.resident())

    def __enter__(self):
        self.start()

    def __exit__(self, *_):
        self.over.set()
        self.join()


def find(pattern, output):
    found = re.search(pattern, output, re.MULTILINE)
    if not found:
        sys.exit(f"wrk printed something that is not understood:\n{output}")
    return found[1]


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * MILLISECONDS[unit]
