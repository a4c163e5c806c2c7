"""What was measured, as a table and as one line of JSON."""

import json
import sys


class Report:
    """Single figures, and outcomes of loads with their ratio to the bare handler at as many connections, measured just before."""

    def __init__(self, **about):
        self.about, self.notes, self.outcomes, self.bare = about, [], [], {}

    def note(self, name, value, unit):
        self.notes.append((name, round(value, 1), unit))
        print(f"{name}: {value:.1f} {unit}", file=sys.stderr, flush=True)

    def add(self, outcome):
        if outcome.name == "bare handler":
            self.bare[outcome.connections] = outcome.rate
        self.outcomes.append((outcome, outcome.rate / self.bare[outcome.connections]))
        print(f"{outcome.name}, {outcome.connections}: {outcome.rate:,.0f}/s", file=sys.stderr, flush=True)


def print_all(report):
    about = ", ".join(f"{name} {value}" for name, value in report.about.items())
    print(f"\n{about}; waits in milliseconds, processor time for a request in microseconds, resident memory in MB\n")
    head = ("what", "conns", "per second", "of bare", "p50", "p99", "processor", "resident", "failed")
    print("{:<42} {:>5} {:>10} {:>7} {:>8} {:>8} {:>9} {:>8} {:>6}".format(*head))
    loads = []
    for outcome, of_bare in report.outcomes:
        print(
            f"{outcome.name:<42} {outcome.connections:>5} {outcome.rate:>10,.0f} {of_bare:>7.3f} {outcome.median:>8.2f} "
            f"{outcome.slow:>8.2f} {outcome.processor:>9.1f} {outcome.resident:>8.1f} {outcome.failed:>6}"
        )
        loads.append(
            {
                "what": outcome.name,
                "connections": outcome.connections,
                "requests": outcome.requests,
                "per_second": round(outcome.rate, 1),
                "of_bare": round(of_bare, 4),
                "p50_ms": round(outcome.median, 3),
                "p99_ms": round(outcome.slow, 3),
                "processor_us": round(outcome.processor, 1),
                "resident_mb": round(outcome.resident, 1),
                "failed": outcome.failed,
            }
        )
    print()
    for name, value, unit in report.notes:
        print(f"{name:<70} {value:>14,.1f} {unit}")
    figures = {f"{name} [{unit}]": value for name, value, unit in report.notes}
    print("\n" + json.dumps({**report.about, "loads": loads, "figures": figures}))
