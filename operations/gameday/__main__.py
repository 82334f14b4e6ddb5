"""`make gameday`: break a local stack in ten ways, and say who noticed what, and when."""

import argparse
import re
import sys
from collections.abc import Iterator

from local.stack.paths import ROOT

from operations.gameday.day import Report, live_through
from operations.gameday.observers import Notices
from operations.gameday.troubles import TROUBLES
from operations.terminal import Terminal

RUNBOOK = ROOT / "docs/runbook.md"
GENERATED = re.compile(r"(?<=<!-- made by make gameday -->\n).*(?=<!-- until here -->)", re.DOTALL)
MOST_SHOWN = 6
HEADING = (
    "| Broken | The visitor's page | Beyond the threshold, rings in | `make status` | `make doctor` |\n"
    "| --- | --- | --- | --- | --- |"
)


def row(report: Report) -> str:
    return f"| {report.words} | " + " | ".join(cell(each) for each in report.notices.values()) + " |"


def cell(notices: Notices) -> str:
    """Write what was said, the first few things, after how long."""
    if not notices.said:
        return "nothing"
    shown = "; ".join(notices.words[:MOST_SHOWN]).replace("|", "/")
    more = f"; {len(notices.said) - MOST_SHOWN} more" if len(notices.said) > MOST_SHOWN else ""
    return f"{shown}{more} ({notices.first_after:.0f} s)"


def lived_through(names: list[str], terminal: Terminal) -> Iterator[Report]:
    for name in names:
        report = live_through(TROUBLES[name])
        terminal.say(row(report))
        yield report


def main(terminal: Terminal) -> int:
    parser = argparse.ArgumentParser(description="Break a local stack in ten ways, and say who noticed")
    parser.add_argument("troubles", nargs="*", metavar="TROUBLE", help=f"one of {', '.join(TROUBLES)}; all without any")
    parser.add_argument("--write", action="store_true", help="put the table into docs/runbook.md")
    arguments = parser.parse_args()
    names = arguments.troubles or list(TROUBLES)
    if unknown := set(names) - TROUBLES.keys():
        parser.error(f"there is no {', '.join(unknown)}")
    terminal.say(HEADING)
    reports = list(lived_through(names, terminal))
    if arguments.write:
        table = "\n".join([HEADING, *map(row, reports)])
        RUNBOOK.write_text(GENERATED.sub(lambda _old: f"\n{table}\n\n", RUNBOOK.read_text()))
    gaps = [report.words for report in reports if not report.is_noticed]
    terminal.say(f"\nNobody noticed: {', '.join(gaps)}" if gaps else "\nEverything was noticed")
    return 1 if gaps else 0


if __name__ == "__main__":
    sys.exit(main(Terminal()))
