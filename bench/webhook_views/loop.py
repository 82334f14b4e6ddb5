"""Let a module answer webhooks, one after the other, in this process: `loop.py MODULE EVENTS RESULT`.

Writes the CPU milliseconds of each, as JSON. A module prepares a request from an event of API Gateway's, which is the
server's work and not measured, and answers it with a status.
"""

import importlib
import json
import sys
import time
from pathlib import Path

DONE = 204


def main(module: str, events: str, result: str) -> None:
    view = importlib.import_module(module)
    spent: list[float] = []
    for line in Path(events).read_text().splitlines():
        request = view.prepare(json.loads(line))
        before = time.process_time_ns()
        status = view.answer(request)
        spent.append((time.process_time_ns() - before) / 1e6)
        if status != DONE:
            raise SystemExit(f"{module} answered {status}")
    view.check(len(spent))
    Path(result).write_text(json.dumps(spent))


if __name__ == "__main__":
    main(*sys.argv[1:])
