"""Seconds from process start to the first training batch of a folder whose images are in the cache.

    OPSIN_DATA=... python benchmarks/first_batch.py [--runs 5]

The first run fills the cache and is not counted. Prints one JSON object.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = """
import sys, time
from pathlib import Path
begun = time.monotonic() - time.process_time()  # the start of the interpreter is CPU time
from opsin.core import silent
from opsin.plan.plan import TrainOptions, make_plan
folder = Path(sys.argv[2])
plan = make_plan(sys.argv[1], TrainOptions(), lambda task, origin: folder, lambda: 0.0, silent)
batch = next(plan.job.batches.stream(0))
print(time.monotonic() - begun, len(plan.dataset.table), tuple(batch.images.shape))
"""


def seconds_to_first_batch(data: Path) -> float:
    """Measures one process, from its start to its first batch."""
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(data), f"{folder}/run"], capture_output=True, text=True, check=True
        )
    return float(ran.stdout.split()[0])


def main() -> None:
    """Measures all runs and prints minimum, median and maximum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    data = Path(os.environ["OPSIN_DATA"]) / "cifar10_jpeg"
    seconds_to_first_batch(data)
    seconds = sorted(seconds_to_first_batch(data) for _ in range(runs))
    print(json.dumps({"min": seconds[0], "median": statistics.median(seconds), "max": seconds[-1]}))


if __name__ == "__main__":
    main()
