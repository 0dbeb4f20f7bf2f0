"""Output of the workers of whole-process benchmarks: seconds since BEGUN (the caller's clock) and accuracy."""

import json
import os
import time


def elapsed() -> float:
    """Returns the seconds since BEGUN."""
    return time.time() - float(os.environ["BEGUN"])


def report(accuracy: float, seconds: float | None = None) -> None:
    """Prints one line of JSON."""
    print(json.dumps({"seconds": elapsed() if seconds is None else seconds, "accuracy": accuracy}), flush=True)
