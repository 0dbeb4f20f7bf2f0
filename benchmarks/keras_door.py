"""Images per second of `fit` and `predict` with opsin.keras, in float32 and bfloat16, compared with Keras 3 on torch.

    python benchmarks/keras_door.py [--rounds 5] [--images 1024]

One script for all three, with only the module's name changed: conv 32, pool, conv 64, pool, dense 128, dense 10 on
64x64x3, batches of 128, Adam. Each run is a process of its own, the three interleaved, in reverse order every second
round; a first fit and predict are not counted. Writes benchmarks/results/keras_door.json.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys, time
import numpy as np
import {module} as keras
from {module} import layers

if "{policy}" != "float32":
    keras.mixed_precision.set_global_policy("{policy}")
images = int(sys.argv[1])
generator = np.random.default_rng(0)
x = generator.random((images, 64, 64, 3), np.float32)
y = np.eye(10, dtype=np.float32)[generator.integers(0, 10, images)]
model = keras.Sequential([
    layers.Input((64, 64, 3)),
    layers.Conv2D(32, (3, 3), activation="relu"), layers.MaxPooling2D((2, 2)),
    layers.Conv2D(64, (3, 3), activation="relu"), layers.MaxPooling2D((2, 2)),
    layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax"),
])
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:256], y[:256], batch_size=128, verbose=0)
model.predict(x[:256], batch_size=128, verbose=0)
start = time.perf_counter()
model.fit(x, y, batch_size=128, verbose=0)
fitted = time.perf_counter()
model.predict(x, batch_size=128, verbose=0)
print(images / (fitted - start), images / (time.perf_counter() - fitted))
"""
VARIANTS = {
    "opsin.keras float32": ("opsin.keras", "float32"),
    "opsin.keras mixed_bfloat16": ("opsin.keras", "mixed_bfloat16"),
    "keras on torch": ("keras", "float32"),
}
REFERENCE = "keras on torch"
STEPS = ("fit", "predict")


def speeds(variant: str, images: int) -> list[float]:
    """Measures images per second of `fit` and of `predict` in a fresh process."""
    module, policy = VARIANTS[variant]
    program = PROGRAM.format(module=module, policy=policy)
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    ran = subprocess.run(
        [sys.executable, "-c", program, str(images)], capture_output=True, text=True, check=True, env=environment
    )
    return [float(word) for word in ran.stdout.split()[-len(STEPS) :]]


def spread(values: list[float]) -> dict[str, float]:
    """Returns median, minimum and maximum."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def main() -> None:
    """Measures in turns, writes the file and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=1024)
    options = parser.parse_args()
    found: dict[str, list[list[float]]] = {variant: [] for variant in VARIANTS}
    for number in range(options.rounds):
        for variant in list(VARIANTS)[:: -1 if number % 2 else 1]:
            found[variant].append(speeds(variant, options.images))
            print(number + 1, variant, *(f"{value:.0f}" for value in found[variant][-1]), flush=True)
    result: dict[str, object] = {"rounds": options.rounds, "images": options.images, "cores": os.cpu_count()}
    for index, step in enumerate(STEPS):
        columns = {variant: [run[index] for run in runs] for variant, runs in found.items()}
        ratios = {
            variant: [one / other for one, other in zip(column, columns[REFERENCE], strict=True)]
            for variant, column in columns.items()
        }
        result[step] = {
            variant: {"images_per_second": spread(columns[variant]), "times_keras": spread(ratios[variant])}
            for variant in VARIANTS
        }
        for variant in VARIANTS:
            speed, ratio = spread(columns[variant]), spread(ratios[variant])
            print(
                f"{step:8} {variant:27} {speed['median']:7.0f} ({speed['min']:.0f} to {speed['max']:.0f}) images/s, "
                f"{ratio['median']:.2f} ({ratio['min']:.2f} to {ratio['max']:.2f}) times Keras's"
            )
    Path("benchmarks/results/keras_door.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
