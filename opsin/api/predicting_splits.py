"""Predictions on the splits of a data set."""

import numpy as np
import torch

from opsin.core import Progress
from opsin.data.dataset import Dataset
from opsin.evaluation import Predictions
from opsin.model import Model
from opsin.plan.inputs import at_input_size
from opsin.training import predict_rows
from opsin.training.inference import CHUNK


def predictions_of(
    model: Model, source: Dataset, split: str, progress: Progress, *, features: bool = False
) -> Predictions:
    """Predicts on the rows of one split.

    Args:
        model: The model.
        source: The data set.
        split: Name of the split, such as "test".
        progress: Progress callback.
        features: Computes the features of a network with vector outputs too.

    Returns:
        Predictions in the order of the rows, with logits where the network's outputs are vectors; boxes in pixels of
        the original images.
    """
    table, pixels, rows, stage = source.table.split(split), source.store.pixels, source.rows(split), f"predict {split}"
    logits: np.ndarray | None = None
    inputs_of_head: np.ndarray | None = None
    if len(model.network.output_shape) == 1:
        logits, inputs_of_head = _vectors(model, pixels, rows, progress, stage, features)
        predictions = model.task.decode(torch.from_numpy(logits))
    else:
        predictions = predict_rows(model, pixels, rows, progress, stage)
        predictions = model.task.to_image_space(predictions, source.placements(split), masks=False)
    groups = table.rows["group"]
    named = None if groups.null_count() == len(groups) else groups.fill_null(table.rows["id"]).to_numpy()
    ids, splits = tuple(table.rows["id"].to_list()), np.full(len(table), split, object)
    return Predictions(ids, named, splits, source.scoring_targets(split), predictions, logits, inputs_of_head)


def _vectors(
    model: Model, pixels: np.ndarray, rows: np.ndarray, progress: Progress, stage: str, features: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    """Computes logits and features of rows of a store, in pieces, so that memory stays flat."""
    logits, inputs_of_head = list[np.ndarray](), list[np.ndarray]()
    for start in range(0, max(1, len(rows)), CHUNK):
        arrays = at_input_size(pixels[rows[start : start + CHUNK]], model.preprocessing)
        logits.append(model.logits(arrays).numpy())
        if features:
            inputs_of_head.append(model.features(arrays))
        progress(stage, min(start + CHUNK, len(rows)), len(rows))
    return np.concatenate(logits), np.concatenate(inputs_of_head) if features else None
