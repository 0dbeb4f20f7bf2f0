"""Images a second and memory of U-Nets: Opsin's `unet_small` beside MONAI's BasicUNet and a plain one.

    python benchmarks/segmentation_speed.py [--rounds 5] [--seconds 2]

Training steps (batch 8) and answers (batches of 1 and 8) at 256x256, two classes, on numbers that are in memory. The
networks differ, as those who use a library take what it gives: millions of weights stand beside. benchmarks/nuclei.py
says what each learns in the same minutes. Writes benchmarks/results/segmentation_speed.json.
"""

from typing import Any

from interleaved import OPSIN, PEERS, Told, side_by_side

CASES: dict[str, dict[str, Any]] = {
    "train, batch 8": {"what": "train", "side": 256, "batch": 8},
    "predict, batch 8": {"what": "predict", "side": 256, "batch": 8},
    "predict, batch 1": {"what": "predict", "side": 256, "batch": 1},
}
OWN: Told = ("opsin unet_small", OPSIN, "opsin_unet.py", ())


def peer(network: str) -> list[Told]:
    """In both precisions."""
    return [(f"{network} {kind}", PEERS, "torch_unet.py", (network, kind)) for kind in ("float32", "bf16")]


if __name__ == "__main__":
    side_by_side("segmentation_speed", CASES, OWN, {network: peer(network) for network in ("monai", "plain")}, __doc__)
