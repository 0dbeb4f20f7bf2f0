"""Seconds from the start of a process to the first training batch of a folder that was decoded before.

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

ONE = """
import sys, time
from pathlib import Path
begun = time.monotonic() - time.process_time()  # the interpreter's own start is processor time
from opsin.api.prepare import Options, prepare
from opsin.core import silent
prepared = prepare(sys.argv[1], Options(), Path(sys.argv[2]), lambda: 0.0, silent)
batch = next(prepared.job.batches.stream(0))
print(time.monotonic() - begun, len(prepared.source.table), tuple(batch.images.shape))
"""


def seconds_to_first_batch(data: Path) -> float:
    """One process, from its start to its first batch."""
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run(
            [sys.executable, "-c", ONE, str(data), f"{folder}/run"], capture_output=True, text=True, check=True
        )
    return float(ran.stdout.split()[0])


def main() -> None:
    """Prints minimum, median and maximum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    data = Path(os.environ["OPSIN_DATA"]) / "cifar10_jpeg"
    seconds_to_first_batch(data)
    seconds = sorted(seconds_to_first_batch(data) for _ in range(parser.parse_args().runs))
    print(json.dumps({"min": seconds[0], "median": statistics.median(seconds), "max": seconds[-1]}))


if __name__ == "__main__":
    main()
