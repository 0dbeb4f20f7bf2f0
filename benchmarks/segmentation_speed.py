"""Images a second and memory of U-Nets: Opsin's `unet_small` beside MONAI's BasicUNet and a plain one.

    python benchmarks/segmentation_speed.py [--rounds 5] [--seconds 2]

Training steps (batch 8) and answers (batches of 1 and 8) at 256x256, two classes, on numbers that are in memory. The
networks differ, as those who use a library take what it gives: millions of weights stand beside. benchmarks/nuclei.py
says what each learns in the same minutes. Writes benchmarks/results/segmentation_speed.json.
"""

import argparse
from typing import Any

from turns import OPSIN, PEERS, Worker, ratio, record, rounds_of, shown, spread

CASES: dict[str, dict[str, Any]] = {
    "train, batch 8": {"what": "train", "side": 256, "batch": 8},
    "predict, batch 8": {"what": "predict", "side": 256, "batch": 8},
    "predict, batch 1": {"what": "predict", "side": 256, "batch": 1},
}


def main() -> None:
    """Measures case by case, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    told = parser.parse_args()
    result: dict[str, Any] = {"rounds": told.rounds, "seconds_a_turn": told.seconds}
    for name, case in CASES.items():  # fresh processes, so that memory is that of the case alone
        everyone = [
            Worker("opsin unet_small", OPSIN, "opsin_unet.py"),
            *(
                Worker(f"{network} {kind}", PEERS, "torch_unet.py", (network, kind))
                for network in ("monai", "plain")
                for kind in ("float32", "bf16")
            ),
        ]
        try:
            found, errors = rounds_of(everyone, case, told.rounds, told.seconds)
        finally:
            for worker in everyone:
                worker.stop()
        print(f"\n{name}", flush=True)
        report: dict[str, Any] = {"not_measured": errors}
        for other, answers in found.items():
            speeds, memory = ([answer[key] for answer in answers] for key in ("rate", "peak_mib"))
            report[other] = {"images_per_second": spread(speeds), "peak_mib": max(memory)}
            print(f"  {other:18} {shown(spread(speeds)):30} images/s, {max(memory):,.0f} MiB at most", flush=True)
        for network in ("monai", "plain"):
            peers = [other for other in found if other.startswith(network)]
            report[f"times_{network}"] = ratio(found, "opsin unet_small", peers)
            print(f"  {shown(report[f'times_{network}'])} times the better {network}", flush=True)
        result[name] = report
        record("segmentation_speed", result)


if __name__ == "__main__":
    main()
