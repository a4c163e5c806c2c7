"""Rates, waits, memory, start and size, in one run."""

import os
import statistics

import database
import server
from load import Guesses, Load, run as load, run_logins
from report import Report
from scene import ASK, Scene, credentials

CONNECTIONS = (1, 16, 64)


def run(options):
    report = Report(database=database.kind(options.dsn), cores=os.cpu_count(), seconds=options.seconds, clients=options.clients)
    report.note("size of the program", os.path.getsize(options.hydra) / 2**20, "MB")
    with server.bare(options) as bare:
        everywhere(report, Load("bare handler", bare.url), bare, options)
    report.note("start to ready", server.milliseconds_to_ready(options), "ms")
    with server.hydra(options) as hydra:
        report.note("resident, idle", hydra.resident(), "MB")
        loads(report, hydra, options)
        report.note("resident, after all loads", hydra.resident(), "MB")
    most = max(outcome.resident for outcome, _ in report.outcomes if outcome.name != "bare handler")
    report.note("resident, most under load", most, "MB")
    return report


def loads(report, hydra, options):
    scene = Scene(hydra)
    token, introspect = f"{hydra.public}/oauth2/token", f"{hydra.admin}/admin/oauth2/introspect"

    def measure(*described):
        everywhere(report, Load(*described), hydra, options)

    measure("health", f"{hydra.public}/health/alive")
    opaque = scene.client("opaque")
    live = scene.token(opaque)
    size, tokens = database.size(options.dsn), database.tokens(options.dsn)
    measure("client credentials, opaque", token, [ASK], [opaque])
    size, tokens = database.size(options.dsn) - size, database.tokens(options.dsn) - tokens
    report.note("database for a million tokens", size / tokens * 1e6 / 2**20, "MB")
    measure("introspection, live", introspect, [f"token={live}"])
    measure("introspection, mixed", introspect, [f"token={one}" for one in scene.mixed_tokens()])
    database.add_clients(options.dsn, options.clients)
    many = [credentials(database.name(number)) for number in range(options.clients)]
    scene.tokens(many)
    measure("client credentials, all clients in turn", token, [ASK], many)
    jwt = scene.client("jwt", access_token_strategy="jwt")
    for algorithm in ("RS256, 4096 bits", "RS256, 2048 bits", "ES256"):
        scene.sign_with(algorithm)
        scene.token(jwt)
        measure(f"client credentials, JWT {algorithm}", token, [ASK], [jwt])
    for connections in CONNECTIONS:
        report.add(run_logins(options.logins, hydra, connections, options.seconds))
    beside_guesses(report, scene, Load("client credentials, opaque", token, [ASK], [opaque]), hydra, options)


def everywhere(report, described, process, options):
    """Runs a load at every number of connections."""
    for connections in CONNECTIONS:
        report.add(load(described, connections, options.seconds, process, options.folder))


def beside_guesses(report, scene, described, hydra, options):
    """What is left to a client while others guess at another one's secret: by turns, for no machine is quiet for long."""
    scene.client("guessed", token_endpoint_auth_method="client_secret_post")
    alone, beside = [], []
    for _ in range(3):
        alone.append(load(described, 16, options.seconds, hydra, options.folder).rate)
        with Guesses(described.url, "guessed", options.folder):
            beside.append(load(described, 16, options.seconds, hydra, options.folder).rate)
    left = statistics.median(beside) / statistics.median(alone)
    report.note("rate beside 200 guesses in flight at another client, of the rate alone", 100 * left, "%")
