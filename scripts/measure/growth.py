"""The same rates while the database grows: with more and more live tokens, and many clients."""

import os
import time

import database
import server
from load import Load, run as load
from report import Report
from scene import ASK, Scene, credentials

CONNECTIONS = 16
INTROSPECTED = 5_000
# Tokens live longer than the run lasts.
LONG = {"TTL_ACCESS_TOKEN": "24h"}


def run(options):
    report = Report(
        database=database.kind(options.dsn), cores=os.cpu_count(), seconds=options.seconds, clients=options.clients
    )
    with server.hydra(options, **LONG) as hydra:
        scene = Scene(hydra)
        opaque = scene.client("opaque")
        live = [scene.token(opaque) for _ in range(INTROSPECTED)]
    report.note("making the clients", timed(lambda: database.add_clients(options.dsn, options.clients)), "s")
    there = 0
    for step, tokens in enumerate(sorted(options.tokens)):
        if tokens > there:
            report.note(
                f"making {tokens - there:,} tokens",
                timed(lambda: database.add_tokens(options.dsn, step, tokens - there, options.clients)),
                "s",
            )
            there = tokens
        report.note(f"database with {tokens:,} tokens", database.size(options.dsn) / 2**20, "MB")
        with server.bare(options) as bare:
            report.add(load(Load("bare handler", bare.url), CONNECTIONS, options.seconds, bare, options.folder))
        with server.hydra(options, **LONG) as hydra:
            loads(report, hydra, options, f"{tokens:,} tokens", live)
    return report


def loads(report, hydra, options, there, live):
    token, introspect = f"{hydra.public}/oauth2/token", f"{hydra.admin}/admin/oauth2/introspect"
    many = [credentials(database.name(number)) for number in range(options.clients)]
    for described in (
        Load(f"{there}: opaque, one client", token, [ASK], [credentials("opaque")]),
        Load(f"{there}: opaque, all clients in turn", token, [ASK], many),
        Load(f"{there}: introspection", introspect, [f"token={one}" for one in live]),
    ):
        report.add(load(described, CONNECTIONS, options.seconds, hydra, options.folder))


def timed(work):
    begun = time.monotonic()
    work()
    return time.monotonic() - begun
