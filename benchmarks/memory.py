"""Peak memory and time: predicting 1,000, 10,000 and 100,000 files, training, and a table of a million rows.

    python benchmarks/memory.py [--rows 1000000] [--most 100000]

The images are 1,000 JPEGs of 64x64 under many names (hard links). Each measurement is a process of its own; its
memory is the maximum resident set size that the system reports. Writes benchmarks/results/memory.json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from interleaved import record
from PIL import Image

DIFFERENT, CLASSES = 1000, 10
TABLE = """
import json, sys, time
begun = time.perf_counter()
import numpy as np
from opsin import data
imported = time.perf_counter()
table = data.read(sys.argv[1])
read = time.perf_counter()
table = data.split(table, np.arange(1, len(table) + 1), 0)
split = time.perf_counter()
data.image_statistics(table)
print(json.dumps({"import": imported - begun, "read": read - imported, "split": split - read,
                  "statistics": time.perf_counter() - split, "rows": len(table)}))
"""
SAVED = """
import sys
from opsin import tasks, zoo
from opsin.data import ImagePreprocessing
from opsin.model import Model
network = zoo.create("simple", (64, 64, 3), 10, seed=0)
preprocessing = ImagePreprocessing(64, 64, 3, (0.5,) * 3, (0.25,) * 3)
Model(network, tasks.Classify(tuple("abcdefghij")), preprocessing).save(sys.argv[1])
"""


def make_images(folder: Path) -> list[Path]:
    """Writes the different images."""
    random, files = np.random.default_rng(0), list[Path]()
    folder.mkdir()
    for number in range(DIFFERENT):
        coarse = Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8))
        files.append(folder / f"{number}.jpg")
        coarse.resize((64, 64), Image.Resampling.BICUBIC).save(files[-1], quality=90)
    return files


def linked(folder: Path, files: list[Path], count: int) -> Path:
    """Creates class folders with `count` links to the files."""
    for number in range(CLASSES):
        (folder / f"class{number}").mkdir(parents=True)
    for number in range(count):
        os.link(files[number % DIFFERENT], folder / f"class{number % CLASSES}" / f"{number}.jpg")
    return folder


def measured(*command: str) -> dict[str, Any]:
    """Runs a process; returns its seconds, its peak memory in MiB, and the last line that it printed."""
    begun = time.monotonic()
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    output, errors = process.stdout.read(), process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, errors
    lines = output.strip().splitlines()
    return {
        "seconds": round(time.monotonic() - begun, 2),
        "peak_mib": round(used.ru_maxrss / 1024),
        "output": lines[-1] if lines else "",
    }


def main() -> None:
    """Measures one after another, prints and writes the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--most", type=int, default=100_000)
    options = parser.parse_args()
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.environ["OPSIN_CACHE"] = str(folder / "cache")
        files = make_images(folder / "different")
        model = str(folder / "model.safetensors")
        measured("-c", SAVED, model)

        def keep(name: str, found: dict[str, Any]) -> None:
            found.pop("output", None)
            result[name] = found
            print(f"{name:36} {found['seconds']:8.1f} s {found['peak_mib']:8,} MiB", flush=True)
            record("memory", result)

        keep("opsin --help", measured("-m", "opsin", "--help"))
        keep("opsin predict, 1 image", measured("-m", "opsin", "predict", model, str(files[0])))
        count = 1000
        while count <= options.most:
            images = linked(folder / f"{count}", files, count)
            found = measured("-m", "opsin", "predict", model, str(images), "-o", str(folder / f"{count}.csv"))
            keep(f"opsin predict, {count:,} images", found)
            count *= 10
        images = linked(folder / "train", files, 10_000)
        arguments = ["--epochs", "1", "--model", "simple", "--size", "64", "--out", str(folder / "run")]
        keep("opsin train, 10,000 images, 1 epoch", measured("-m", "opsin", "train", str(images), *arguments))
        rows = linked(folder / "rows", files, options.rows)
        lines = (f"class{number % CLASSES}/{number}.jpg,class{number % CLASSES}" for number in range(options.rows))
        (rows / "labels.csv").write_text("path,label\n" + "\n".join(lines) + "\n")
        for kind, source in (("CSV", rows / "labels.csv"), ("class folders", rows)):
            if kind == "class folders":
                (rows / "labels.csv").unlink()
            found = measured("-c", TABLE, str(source))
            keep(f"{options.rows:,} rows of {kind}", {**found, "steps": json.loads(found.pop("output"))})
            print(f"    {result[f'{options.rows:,} rows of {kind}']['steps']}", flush=True)


if __name__ == "__main__":
    main()
