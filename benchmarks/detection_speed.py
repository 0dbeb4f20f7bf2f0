"""Images a second and memory of detectors: Opsin's `detector_small` beside Ultralytics' smallest YOLO11 and YOLOv8.

    python benchmarks/detection_speed.py [--rounds 5] [--seconds 2]

Training steps (batch 8) and boxes (batches of 1 and 8) at 416x416, three classes, 20 objects an image, on images that
are in memory; weights are random, so answers have few boxes or none. Augmentation is part of Opsin's step and not of
the peers'. The networks differ, as those who use a library take what it gives. Writes
benchmarks/results/detection_speed.json.
"""

from typing import Any

from interleaved import OPSIN, PEERS, Told, side_by_side

CASES: dict[str, dict[str, Any]] = {
    "train, batch 8": {"what": "train", "side": 416, "batch": 8},
    "predict, batch 8": {"what": "predict", "side": 416, "batch": 8},
    "predict, batch 1": {"what": "predict", "side": 416, "batch": 1},
}
OWN: Told = ("opsin detector_small", OPSIN, "opsin_detector.py", ())


def peer(network: str) -> list[Told]:
    """In both precisions."""
    return [(f"{network} {kind}", PEERS, "ultralytics_detector.py", (network, kind)) for kind in ("float32", "bf16")]


if __name__ == "__main__":
    side_by_side("detection_speed", CASES, OWN, {network: peer(network) for network in ("yolo11n", "yolov8n")}, __doc__)
