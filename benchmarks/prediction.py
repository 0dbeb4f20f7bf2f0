"""Speed of prediction: Opsin, Keras, plain PyTorch, ONNX Runtime and OpenVINO.

    python benchmarks/prediction.py [--rounds 5] [--seconds 1] [--cases reference-1 ...]

The networks of benchmarks/training_step.py, with one image (median and 99th percentile of the time of a call) and
with 64 images (images per second). Opsin receives uint8 pixels, as from a camera, and normalizes them; the others
receive normalized float32 arrays in the layout that suits them best. `accelerated` is after `Model.accelerate()`.
Writes benchmarks/results/prediction.json.
"""

import argparse
from typing import Any

from interleaved import OPSIN, PEERS, Worker, ratio, record, rounds_of, shown, spread

SIDES = {"reference": 64, "resnet18": 128, "efficientnet_lite0": 224}
CASES: dict[str, dict[str, Any]] = {
    f"{network}-{batch}": {"network": network, "side": side, "batch": batch}
    for network, side in SIDES.items()
    for batch in (1, 64)
}
OWN = ("opsin predict", "opsin predict_batch", "opsin predict accelerated", "opsin predict_batch accelerated")


def workers() -> list[Worker]:
    """Starts all programs."""
    return [
        *(
            Worker(f"opsin {' '.join(kind)}", OPSIN, "opsin_prediction.py", kind)
            for kind in (("predict",), ("predict_batch",), ("predict", "accelerated"), ("predict_batch", "accelerated"))
        ),
        *(
            Worker(f"keras {kind}", PEERS, "keras_prediction.py", (kind,), {"KERAS_BACKEND": "tensorflow"})
            for kind in ("predict", "call")
        ),
        *(
            Worker(f"pytorch {kind}", PEERS, "torch_prediction.py", (kind,))
            for kind in ("nchw", "channels_last", "bf16", "frozen")
        ),
        *(
            Worker(kind, PEERS, "runtime_prediction.py", (kind,))
            for kind in ("onnxruntime", "openvino", "openvino-bf16")
        ),
    ]


def main() -> None:
    """Measures each case, prints and writes the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--name", default="prediction")
    options = parser.parse_args()
    all_workers = workers()
    result: dict[str, Any] = {"rounds": options.rounds, "seconds_a_turn": options.seconds}
    try:
        for name in options.cases:
            result[name] = one_case(name, all_workers, options.rounds, options.seconds)
            record(options.name, result)
    finally:
        for worker in all_workers:
            worker.stop()


def one_case(name: str, all_workers: list[Worker], rounds: int, seconds: float) -> dict[str, Any]:
    """Measures all workers on one case; the ratio is of milliseconds for one image, of images per second for more."""
    found, errors = rounds_of(all_workers, CASES[name], rounds, seconds)
    key = "p50" if CASES[name]["batch"] == 1 else "rate"
    peers = [other for other in found if other not in OWN]
    report: dict[str, Any] = {}
    print(f"\n{name}", flush=True)
    for other, runs in found.items():
        kept = {one: spread([run[one] for run in runs]) for one in ("rate", "p50", "p99")}
        report[other] = {"images_per_second": kept["rate"], "p50_ms": kept["p50"], "p99_ms": kept["p99"]}
        times = f"{kept['p50']['median']:8.2f} ms ({kept['p99']['median']:.2f} at p99)"
        print(f"  {other:26} {shown(kept['rate']):34} images/s {times}", flush=True)
    for own in (own for own in OWN if own in found):
        report[own]["times_best_peer"] = ratio(found, own, peers, key)
        print(f"  {own} is {shown(report[own]['times_best_peer'])} times as fast as the best peer", flush=True)
        if "keras predict" in found:
            report[own]["times_keras_predict"] = ratio(found, own, ["keras predict"], key)
            print(
                f"  {own} is {shown(report[own]['times_keras_predict'])} times as fast as Keras's predict", flush=True
            )
    report["not_measured"] = errors
    for other, error in errors.items():
        print(f"  {other:24} not measured: {error}", flush=True)
    return report


if __name__ == "__main__":
    main()
