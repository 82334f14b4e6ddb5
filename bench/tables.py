"""Tables in Markdown, and what is quoted of a series of measurements."""

import statistics
from collections.abc import Iterable, Sequence


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under their headings; the first column is text, the others are figures."""
    print("| " + " | ".join(headings) + " |")
    print("| --- |" + " ---: |" * (len(headings) - 1))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that so many percent of the values do not exceed."""
    if percent == 50:  # noqa: PLR2004 - the median has a function of its own
        return statistics.median(values)
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
