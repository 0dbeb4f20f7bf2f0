"""Images a second in training: Opsin beside Keras on three backends and a plain PyTorch loop, and beside the floor.

    python benchmarks/training_step.py [--rounds 5] [--seconds 1] [--cases reference-128 ...]

The reference network (64x64x3, conv 32, pool, conv 64, pool, flatten, dense 128, dense 10), ResNet-18 and
EfficientNet-Lite0, all on numbers that are in memory. The floor is what the network's products cost (116 MFLOP an image
for the reference network) at the rate of a large bfloat16 matrix product in the same round. Peers are in .venv-peers
(`make bench` makes it; OPSIN_PEERS names another place). Writes benchmarks/results/training_step.json.
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
    """Everything that is measured."""
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
    """Floating-point operations of a step for one image: forward, by the inputs but the first, by the weights."""
    network = zoo.create(
        "simple" if case["network"] == "reference" else case["network"], (case["side"],) * 2 + (3,), 10
    )
    rows = nn.summarize(network).rows
    products = [row.multiply_adds for row in rows if row.multiply_adds and not row.is_composite]
    return 6 * sum(products) - 2 * products[0]


def main() -> None:
    """Measures case by case, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--name", default="training_step")
    told = parser.parse_args()
    everyone = workers()
    result: dict[str, Any] = {"rounds": told.rounds, "seconds_a_turn": told.seconds}
    try:
        for name in told.cases:
            result[name] = one_case(name, everyone, told.rounds, told.seconds)
            record(told.name, result)
    finally:
        for worker in everyone:
            worker.stop()


def one_case(name: str, everyone: list[Worker], rounds: int, seconds: float) -> dict[str, Any]:
    """All workers on one case."""
    found, errors = rounds_of(everyone, CASES[name], rounds, seconds)
    flops = operations(CASES[name])
    floor = [answer["rate"] / flops for answer in found.pop(FLOOR)]
    peers = [other for other in found if not other.startswith("opsin")]
    report: dict[str, Any] = {"mflop_an_image": round(flops / 1e6, 1), "floor_images_per_second": spread(floor)}
    print(f"\n{name}: {flops / 1e6:.0f} MFLOP an image; the floor is {shown(spread(floor))} images/s", flush=True)
    for other, answers in found.items():
        speeds = [answer["rate"] for answer in answers]
        share = spread([speed / best for speed, best in zip(speeds, floor, strict=True)])
        report[other] = {"images_per_second": spread(speeds), "of_the_floor": share}
        print(f"  {other:34} {shown(spread(speeds)):32} images/s  {share['median']:.2f} of the floor", flush=True)
    for own in (own for own in OWN if own in found):
        report[own]["times_best_peer"] = ratio(found, own, peers)
        print(f"  {own} is {shown(report[own]['times_best_peer'])} times the best peer", flush=True)
    report["not_measured"] = errors
    for other, why in errors.items():
        print(f"  {other:34} not measured: {why}", flush=True)
    return report


if __name__ == "__main__":
    main()
