"""Worker side of benchmarks/interleaved.py."""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

Work = Callable[[], int]
"""Does one call of the work and returns the number of items."""


def serve(prepare: Callable[..., Work]) -> None:
    """Measures each case read from standard input, a line of JSON with its seconds, and prints one line of JSON."""
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # output of libraries goes to the log
    kept: dict[str, Work] = {}
    for line in sys.stdin:
        case = json.loads(line)
        seconds = case.pop("seconds")
        key = json.dumps(case)
        try:
            if key not in kept:
                kept.clear()
                kept[key] = prepare(**case)
                for _ in range(2):
                    kept[key]()
            reply = measure(kept[key], seconds) if seconds else {}
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"}
        print(json.dumps(reply), file=output, flush=True)


def measure(work: Work, seconds: float) -> dict[str, Any]:
    """Measures items per second, median and 99th percentile of calls in ms, and peak memory."""
    work()  # wakes threads and fills caches after other workers ran
    took: list[float] = []
    items = 0
    begun = before = time.perf_counter()
    while before - begun < seconds:
        items += work()
        now = time.perf_counter()
        took.append(now - before)
        before = now
    order = sorted(took)
    return {
        "rate": items / (before - begun),
        "p50": 1000 * order[len(order) // 2],
        "p99": 1000 * order[min(len(order) - 1, int(len(order) * 0.99))],
        "calls": len(order),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
