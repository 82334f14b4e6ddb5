"""What the stack costs: what a month uses of AWS, times AWS's list prices.

Run `python -m bench.cost [--messages 1000 100000 10000000] [--messages-per-chat 10] ...`. With `--write` the tables of
the assumed visits go into docs/cost.md.
"""

import argparse
import contextlib
import io
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from bench.consumption import HERE, USAGE, Quantities, Visits, idle, of_act, of_visits, total
from bench.tables import print_table

PRICES: dict[str, Any] = tomllib.loads((HERE / "prices.toml").read_text())
DOCUMENT = HERE.parent / "docs/cost.md"
GENERATED = re.compile(r"(?<=<!-- made by make cost -->\n).*(?=<!-- until here -->)", re.DOTALL)
MESSAGES = (1_000, 100_000, 10_000_000)
CHATS = 1_000
ITEMS = {
    "Lambda: requests": ("lambda_requests",),
    "Lambda: time": ("lambda_gb_seconds",),
    "API Gateway: HTTP requests": ("http_requests",),
    "API Gateway: socket messages": ("socket_messages",),
    "API Gateway: socket minutes": ("socket_minutes",),
    "DynamoDB: writes": ("write_units",),
    "DynamoDB: reads": ("read_units",),
    "DynamoDB: storage and recovery": ("table_gigabytes", "recovery_gigabytes"),
    "EventBridge: events": ("events",),
    "CloudWatch: logs": ("log_gigabytes", "kept_log_gigabytes"),
    "CloudWatch: metrics and alarms": ("metrics", "alarms"),
    "Secrets Manager and KMS": ("secrets", "secret_reads", "keys", "key_requests"),
    "SQS: polls by Lambda": ("queue_requests",),
    "Data to visitors": ("gigabytes_out",),
}


def bill(used: Quantities) -> dict[str, float]:
    """Return the price of each item in dollars."""
    return {
        item: sum(used.get(name, 0) * PRICES[name]["usd"] / PRICES[name]["per"] for name in names)
        for item, names in ITEMS.items()
    }


def print_idle() -> None:
    bills = {item: dollars for item, dollars in bill(idle()).items() if dollars}
    rows = [*sorted(bills.items(), key=lambda row: -row[1]), ("**together**", sum(bills.values()))]
    print_table(["idle, a month", "USD"], [(item, f"{dollars:.2f}") for item, dollars in rows])


def print_chats(visits: Visits) -> None:
    """Print what a thousand chats cost in a month of many, without what stands idle, the biggest items first."""
    used = {name: amount for name, amount in of_visits(visits).items() if name != "metrics"}
    _print_shares(f"{CHATS:,} chats", {item: dollars * CHATS / visits.chats for item, dollars in bill(used).items()})


def print_acts(visits: Visits) -> None:
    """Print what a thousand chats cost by what is done in them."""
    times = {act: count * CHATS / visits.chats for act, count in visits.acts().items()}
    acts = {f"{act}, {count:,.0f} times": sum(bill(of_act(act)).values()) * count for act, count in times.items()}
    _print_shares("of it, by act", acts)


def _print_shares(heading: str, parts: Mapping[str, float]) -> None:
    whole = sum(parts.values())
    rows = [
        (name, f"{dollars:.3f}", f"{dollars / whole:.0%}")
        for name, dollars in sorted(parts.items(), key=lambda row: -row[1])
        if dollars
    ]
    print_table([heading, "USD", "share"], [*rows, ("**together**", f"{whole:.3f}", "100%")])


def print_months(months: Sequence[Visits]) -> None:
    bills = [bill(total((of_visits(visits), 1), (idle(), 1))) for visits in months]
    rows = [(item, *(f"{each[item]:,.2f}" for each in bills)) for item in ITEMS]
    sums = ("**together, USD**", *(f"{sum(each.values()):,.2f}" for each in bills))
    print_table(
        ["a month, idle cost included", *(f"{visits.messages:,.0f} messages" for visits in months)], [*rows, sums]
    )


def tables(messages: Sequence[float], **visits: float) -> str:
    """Return all tables, as Markdown."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        print()
        print_months([Visits(messages=count, **visits) for count in messages])
        print()
        print_chats(Visits(messages=max(messages), **visits))
        print()
        print_acts(Visits(messages=max(messages), **visits))
        print()
        print_idle()
        print()
    return printed.getvalue()


def documented(text: str) -> str:
    """Return a document with the tables of the visits that are assumed."""
    return GENERATED.sub(lambda _old: tables(MESSAGES, **USAGE["visits"]), text)


def main() -> None:
    arguments = argparse.ArgumentParser(description="Say what the stack costs")
    arguments.add_argument("--messages", type=float, nargs="+", default=MESSAGES)
    arguments.add_argument("--write", action="store_true", help="put the tables into docs/cost.md")
    for name, assumed in USAGE["visits"].items():
        arguments.add_argument(f"--{name.replace('_', '-')}", type=float, default=assumed)
    chosen = vars(arguments.parse_args())
    if chosen.pop("write"):
        DOCUMENT.write_text(documented(DOCUMENT.read_text()))
    print(tables(**chosen))


if __name__ == "__main__":
    main()
