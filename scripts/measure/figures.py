"""Every figure of docs/performance.md, in one run."""

import os

import database
import server
from load import Load, run as load
from report import Report
from scene import ASK, Scene

CONNECTIONS = (1, 16, 64)
MANY_CLIENTS = 10_000


def run(options):
    report = Report(database=database.kind(options.dsn), cores=os.cpu_count(), seconds=options.seconds)
    report.note("size of the program", os.path.getsize(options.hydra) / 2**20, "MB")
    with server.bare(options) as bare:
        everywhere(report, Load("bare handler", bare.url), bare, options)
    report.note("start to ready", server.milliseconds_to_ready(options), "ms")
    with server.hydra(options) as hydra:
        report.note("resident, idle", hydra.resident(), "MB")
        loads(report, hydra, options)
        report.note("resident, after all loads", hydra.resident(), "MB")
    report.note("resident, most under load", max(outcome.resident for outcome in report.outcomes[len(CONNECTIONS):]), "MB")
    return report


def loads(report, hydra, options):
    scene = Scene(hydra)
    token, introspect = f"{hydra.public}/oauth2/token", f"{hydra.admin}/admin/oauth2/introspect"

    def measure(*described, **more):
        return everywhere(report, Load(*described, **more), hydra, options)

    measure("health", f"{hydra.public}/health/alive")
    opaque = scene.client("opaque")
    live = scene.token(opaque)
    size = database.size(options.dsn)
    issued = measure("client credentials, opaque", token, [ASK], [opaque])
    report.note("database for a million tokens", (database.size(options.dsn) - size) / issued * 1e6, "MB")
    measure("introspection, live", introspect, [f"token={live}"])
    measure("introspection, mixed", introspect, [f"token={one}" for one in scene.mixed_tokens()])
    many = scene.clients(MANY_CLIENTS)
    measure(f"client credentials, {MANY_CLIENTS:,} clients in turn", token, [ASK], many)
    jwt = scene.client("jwt", access_token_strategy="jwt")
    for algorithm in ("RS256", "RS256, 2048 bits", "ES256"):
        scene.sign_with(algorithm)
        scene.token(jwt)
        measure(f"client credentials, JWT {algorithm}", token, [ASK], [jwt])


def everywhere(report, described, process, options):
    """Runs a load at every number of connections; how many requests there were, warming up left out."""
    requests = 0
    for connections in CONNECTIONS:
        outcome = load(described, connections, options.seconds, process, options.folder)
        report.add(outcome)
        requests += outcome.requests
    return requests
