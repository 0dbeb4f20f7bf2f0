"""Fat-cell counts with 5-fold cross-validation over donors: R2 and MAE with intervals, compared with the mean baseline.

    OPSIN_DATA=... python benchmarks/adipocyte.py --minutes 1.5

The label is the number of dots in the annotation of each image (red above 128, connected components). Each image is
predicted by a model that was trained without images of its donor.
"""

import argparse
import json
import os
import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image
from scipy.ndimage import label
from sklearn.model_selection import GroupKFold

import opsin
from opsin.evaluation import Predictions, score
from opsin.tasks import Regress


def read_labels(folder: Path) -> pl.DataFrame:
    """Returns path, count and group (the donor) of each image."""
    rows: list[dict[str, object]] = []
    for image in sorted((folder / "images").iterdir()):
        dots = np.asarray(Image.open(folder / "annotations" / image.name).convert("RGB"))[:, :, 0] > 128
        donor = re.search(r"GTEX-[A-Z0-9]+", image.name)
        rows.append({"path": str(image), "count": float(label(dots)[1]), "group": donor[0] if donor else image.name})
    return pl.DataFrame(rows)


def predict_fold(rows: pl.DataFrame, held_out: np.ndarray, minutes: float, seed: int) -> tuple[Predictions, np.ndarray]:
    """Trains on the other folds; returns predictions of the held-out fold, in cells, and those of the baseline."""
    split = pl.Series("split", [None] * len(rows), dtype=pl.Utf8).scatter(held_out.tolist(), "test")
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "counts.csv"
        names = [Path(shutil.copy(path, folder)).name for path in rows["path"]]
        rows.with_columns(split, pl.Series("path", names)).write_csv(table)
        run = opsin.train(table, minutes=minutes, seed=seed, rotate90=True, out=Path(folder) / "run")
        model, found = opsin.load(run.model), Predictions.from_parquet(run.folder / "predictions.parquet").only("test")
        baseline = model.task.values(np.tile(np.array(model.provenance.baseline), (len(found.ids), 1)))
        print(json.dumps({name: str(value) for name, value in run.scores.items()}), flush=True)
        return replace(found, predictions=model.task.values(found.predictions)), baseline


def main() -> None:
    """Prints one JSON object with the metrics over all images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.5)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows = read_labels(Path(os.environ["OPSIN_DATA"]) / "countception_other" / "adipocyte_data")
    folds = GroupKFold(5, shuffle=True, random_state=options.seed).split(rows, groups=rows["group"].to_list())
    parts = [predict_fold(rows, held_out, options.minutes, options.seed) for _, held_out in folds]
    ids = tuple(id for part, _ in parts for id in part.ids)
    groups = np.concatenate([part.groups for part, _ in parts if part.groups is not None])
    split = np.full(len(ids), "test")
    targets = np.concatenate([part.targets for part, _ in parts])
    task = Regress(("count",), (0.0,), (1.0,))
    result = {
        name: {
            key: value.to_json()
            for key, value in score(Predictions(ids, groups, split, targets, predictions), task).items()
        }
        for name, predictions in (
            ("opsin", np.concatenate([part.predictions for part, _ in parts])),
            ("mean", np.concatenate([baseline for _, baseline in parts])),
        )
    }
    print(json.dumps({"images": len(ids), "minutes_a_fold": options.minutes, **result}, indent=2))


if __name__ == "__main__":
    main()
