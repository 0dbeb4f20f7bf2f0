"""The worker's side of benchmarks/interleaved.py."""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

Work = Callable[[], int]
"""Does one call of the work and says how many items that was."""


def serve(prepare: Callable[..., Work]) -> None:
    """Answers each line of standard input, a case and for how many seconds to measure it, with one line of JSON."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints goes to the log
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
            answer = measured(kept[key], seconds) if seconds else {}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"}
        print(json.dumps(answer), file=answers, flush=True)


def measured(work: Work, seconds: float) -> dict[str, Any]:
    """Items a second over all calls, the middle and the slowest hundredth of single calls in ms, and peak memory."""
    work()  # wakes threads and caches after the others' turn
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
