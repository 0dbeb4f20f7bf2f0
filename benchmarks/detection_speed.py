"""Images per second and memory of detectors: Opsin's `detector_small`, and Ultralytics' smallest YOLO11 and YOLOv8.

    python benchmarks/detection_speed.py [--rounds 5] [--seconds 2]

Training steps (batch 8) and predicted boxes (batches of 1 and 8) at 416x416, three classes, 20 objects per image, on
images in memory; weights are random, so predictions have few boxes or none. Opsin's step includes augmentation, the
peers' do not. The networks differ: each is the library's own. Writes benchmarks/results/detection_speed.json.
"""

from typing import Any

from interleaved import OPSIN, PEERS, Command, compare

CASES: dict[str, dict[str, Any]] = {
    "train, batch 8": {"mode": "train", "side": 416, "batch": 8},
    "predict, batch 8": {"mode": "predict", "side": 416, "batch": 8},
    "predict, batch 1": {"mode": "predict", "side": 416, "batch": 1},
}
OWN: Command = ("opsin detector_small", OPSIN, "opsin_detector.py", ())


def peer(network: str) -> list[Command]:
    """Returns the commands of a network in both precisions."""
    return [(f"{network} {kind}", PEERS, "ultralytics_detector.py", (network, kind)) for kind in ("float32", "bf16")]


if __name__ == "__main__":
    compare("detection_speed", CASES, OWN, {network: peer(network) for network in ("yolo11n", "yolov8n")}, __doc__)
