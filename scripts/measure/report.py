"""What was measured, as a table and as one line of JSON."""

import dataclasses
import json
import sys


class Report:
    """Single figures, and outcomes of loads."""

    def __init__(self, **about):
        self.about, self.notes, self.outcomes = about, [], []

    def note(self, name, value, unit):
        self.notes.append((name, round(value, 1), unit))
        print(f"{name}: {value:.1f} {unit}", file=sys.stderr, flush=True)

    def add(self, outcome):
        self.outcomes.append(outcome)
        print(f"{outcome.name}, {outcome.connections}: {outcome.rate:,.0f}/s", file=sys.stderr, flush=True)

    def ratio(self, outcome):
        """To the bare handler at as many connections, if there was one."""
        for other in self.outcomes:
            if other.name == "bare handler" and other.connections == outcome.connections:
                return round(outcome.rate / other.rate, 4)
        return None


def print_all(report):
    about = ", ".join(f"{name} {value}" for name, value in report.about.items())
    print(f"\n{about}; times in milliseconds, processor time in microseconds for a request\n")
    head = ("what", "conns", "per second", "of bare", "p50", "p99", "processor", "resident", "failed")
    print("{:<46} {:>5} {:>10} {:>7} {:>7} {:>8} {:>9} {:>8} {:>6}".format(*head))
    rows = []
    for outcome in report.outcomes:
        ratio = report.ratio(outcome)
        rows.append({**dataclasses.asdict(outcome), "of_bare": ratio})
        print(
            f"{outcome.name:<46} {outcome.connections:>5} {outcome.rate:>10,.0f} {ratio or 0:>7.3f} {outcome.median:>7.2f} "
            f"{outcome.slow:>8.2f} {outcome.processor:>9.1f} {outcome.resident:>8.1f} {outcome.failed:>6}"
        )
    print()
    for name, value, unit in report.notes:
        print(f"{name:<46} {value:>16,.1f} {unit}")
    notes = {f"{name} [{unit}]": value for name, value, unit in report.notes}
    print("\n" + json.dumps({**report.about, "loads": rows, "figures": notes}))
