"""Images per second in training: Opsin, Keras on three backends and a plain PyTorch loop, compared with a bound.

    python benchmarks/training_step.py [--rounds 5] [--seconds 1] [--cases reference-128 ...]

The reference network (64x64x3, conv 32, pool, conv 64, pool, flatten, dense 128, dense 10), ResNet-18 and
EfficientNet-Lite0, all on arrays in memory. The bound is the cost of the network's products (116 MFLOP per image for
the reference network) at the rate of a large bfloat16 matrix product in the same round. Peers are in .venv-peers
(`make bench` creates it; OPSIN_PEERS names another folder). Writes benchmarks/results/training_step.json.
"""

import argparse
from typing import Any

from interleaved import OPSIN, PEERS, Worker, ratio, record, rounds_of, shown, spread

from opsin import nn, zoo

CASES: dict[str, dict[str, Any]] = {
    "reference-32": {"network": "reference", "side": 64, "batch": 32},
    "reference-128": {"network": "reference", "side": 64, "batch": 128},
    "reference-256": {"network": "reference", "side": 64, "batch": 256},
    "resnet18-32px": {"network": "resnet18", "side": 32, "batch": 128},
    "resnet18-128px": {"network": "resnet18", "side": 128, "batch": 32},
    "efficientnet_lite0-224px": {"network": "efficientnet_lite0", "side": 224, "batch": 16},
}
OWN = ["opsin", "opsin.keras bf16"]
FLOOR = "bf16 product"


def workers() -> list[Worker]:
    """Starts all programs."""
    own = [
        Worker(name, OPSIN, "opsin_training.py", (kind,))
        for name, kind in (
            ("opsin", "loop"), ("opsin.keras bf16", "mixed_bfloat16"), ("opsin.keras float32", "float32"),
            (FLOOR, "matmul"),
        )
    ]  # fmt: skip
    plain = [
        Worker(f"pytorch {kind}", PEERS, "torch_training.py", (kind,)) for kind in ("nchw", "channels_last", "bf16")
    ]
    kinds = [("tensorflow", "float32", "auto"), ("tensorflow", "float32", "no"), ("tensorflow", "mixed_bfloat16", "no"),
             ("jax", "float32", "auto"), ("torch", "float32", "auto")]  # fmt: skip
    keras = [
        Worker(
            f"keras on {backend}{' bf16' if policy != 'float32' else ''}{' without XLA' if jit == 'no' else ''}",
            PEERS, "keras_training.py", (policy, jit), {"KERAS_BACKEND": backend},
        )
        for backend, policy, jit in kinds
    ]  # fmt: skip
    return own + plain + keras


def operations(case: dict[str, Any]) -> int:
    """Counts floating-point operations per image: forward, gradients of weights, and of all inputs but the first."""
    network = zoo.create(
        "simple" if case["network"] == "reference" else case["network"], (case["side"],) * 2 + (3,), 10
    )
    rows = nn.summarize(network).rows
    products = [row.multiply_adds for row in rows if row.multiply_adds and not row.is_composite]
    return 6 * sum(products) - 2 * products[0]


def main() -> None:
    """Measures each case, prints and writes the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--name", default="training_step")
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
    """Measures all workers on one case."""
    found, errors = rounds_of(all_workers, CASES[name], rounds, seconds)
    flops = operations(CASES[name])
    floor = [run["rate"] / flops for run in found.pop(FLOOR)]
    peers = [other for other in found if not other.startswith("opsin")]
    report: dict[str, Any] = {"mflop_an_image": round(flops / 1e6, 1), "floor_images_per_second": spread(floor)}
    print(f"\n{name}: {flops / 1e6:.0f} MFLOP per image; the bound is {shown(spread(floor))} images/s", flush=True)
    for other, runs in found.items():
        speeds = [run["rate"] for run in runs]
        share = spread([speed / best for speed, best in zip(speeds, floor, strict=True)])
        report[other] = {"images_per_second": spread(speeds), "of_the_floor": share}
        print(f"  {other:34} {shown(spread(speeds)):32} images/s  {share['median']:.2f} of the bound", flush=True)
    for own in (own for own in OWN if own in found):
        report[own]["times_best_peer"] = ratio(found, own, peers)
        print(f"  {own} is {shown(report[own]['times_best_peer'])} times the best peer", flush=True)
    report["not_measured"] = errors
    for other, error in errors.items():
        print(f"  {other:34} not measured: {error}", flush=True)
    return report


if __name__ == "__main__":
    main()
