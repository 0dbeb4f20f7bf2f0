"""CPU seconds to import, and to describe, build and summarize resnet50, compared with Keras (torch backend).

    python benchmarks/describe.py [--runs 5]

Each run is a process of its own, Opsin and Keras in turns; the first run of each warms the disk cache and is not
counted. Import times exclude torch, which both need. Writes benchmarks/results/describe.json and prints a table.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

OPSIN = """
import time; start = time.process_time()
import torch; torch_ready = time.process_time()
import opsin.nn; import opsin.zoo; ready = time.process_time()
network = opsin.zoo.create("resnet50", (224, 224, 3), 1000, seed=0); built = time.process_time()
text = opsin.nn.summarize(network).text(); summarized = time.process_time()
print(torch_ready - start, ready - torch_ready, built - ready, summarized - built)
"""
KERAS = """
import os; os.environ["KERAS_BACKEND"] = "torch"
import time; start = time.process_time()
import torch; torch_ready = time.process_time()
import keras; ready = time.process_time()
network = keras.applications.ResNet50(weights=None); built = time.process_time()
lines = []; network.summary(print_fn=lambda line, **_: lines.append(line)); summarized = time.process_time()
print(torch_ready - start, ready - torch_ready, built - ready, summarized - built)
"""
STEPS = ("import torch", "import beyond torch", "describe and build", "summarise")


def seconds(program: str) -> list[float]:
    """Measures the seconds of each step in a fresh process."""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return [float(word) for word in ran.stdout.split()[-len(STEPS) :]]


def main() -> None:
    """Measures in turns, writes the file and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    programs = {"opsin": OPSIN, "keras": KERAS}
    found: dict[str, list[list[float]]] = {name: [] for name in programs}
    for number in range(runs + 1):
        for name, program in programs.items():
            measured = seconds(program)
            if number:
                found[name].append(measured)
    result: dict[str, object] = {"runs": runs}
    for index, step in enumerate(STEPS):
        columns = {name: sorted(run[index] for run in taken) for name, taken in found.items()}
        result[step] = {
            name: {"median": statistics.median(column), "min": column[0], "max": column[-1]}
            for name, column in columns.items()
        }
        print(
            step, *(f"| {statistics.median(c):.3f} ({c[0]:.3f} to {c[-1]:.3f})" for c in columns.values()), flush=True
        )
    Path("benchmarks/results/describe.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
