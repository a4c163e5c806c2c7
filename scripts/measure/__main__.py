"""Measures a running server for scripts/bench, which starts it. Standard library only.

figures.py and growth.py say what is measured; server.py is the process under load, load.py the load, scene.py the clients,
tokens and keys it needs, database.py what is done behind the server's back, report.py how it is told.
"""

import argparse
import pathlib

import figures
import growth
import report

RUNS = {"figures": figures.run, "growth": growth.run}


def main():
    arguments = argparse.ArgumentParser(prog="scripts/measure")
    arguments.add_argument("run", choices=RUNS)
    arguments.add_argument("--hydra", required=True, help="the program to measure")
    arguments.add_argument("--bare", required=True, help="the handler that does nothing")
    arguments.add_argument("--logins", required=True, help="the load of people who log in")
    arguments.add_argument("--dsn", required=True, help="an empty, migrated database")
    arguments.add_argument("--folder", required=True, type=pathlib.Path, help="for scratch files")
    arguments.add_argument("--seconds", type=int, default=5, help="how long each load lasts")
    arguments.add_argument("--tokens", type=int, nargs="+", default=[0, 1_000_000], help="steps of the growth run")
    arguments.add_argument("--clients", type=int, default=10_000, help="clients that ask in turn")
    options = arguments.parse_args()
    report.print_all(RUNS[options.run](options))


main()
