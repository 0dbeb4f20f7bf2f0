"""Images per second and memory of U-Nets: Opsin's `unet_small`, MONAI's BasicUNet and a plain one.

    python benchmarks/segmentation_speed.py [--rounds 5] [--seconds 2]

Training steps (batch 8) and predictions (batches of 1 and 8) at 256x256, two classes, on arrays in memory. The
networks differ: each is the library's own. benchmarks/nuclei.py compares their accuracy after the same training time.
Writes benchmarks/results/segmentation_speed.json.
"""

from typing import Any

from interleaved import OPSIN, PEERS, Command, compare

CASES: dict[str, dict[str, Any]] = {
    "train, batch 8": {"mode": "train", "side": 256, "batch": 8},
    "predict, batch 8": {"mode": "predict", "side": 256, "batch": 8},
    "predict, batch 1": {"mode": "predict", "side": 256, "batch": 1},
}
OWN: Command = ("opsin unet_small", OPSIN, "opsin_unet.py", ())


def peer(network: str) -> list[Command]:
    """Returns the commands of a network in both precisions."""
    return [(f"{network} {kind}", PEERS, "torch_unet.py", (network, kind)) for kind in ("float32", "bf16")]


if __name__ == "__main__":
    compare("segmentation_speed", CASES, OWN, {network: peer(network) for network in ("monai", "plain")}, __doc__)
