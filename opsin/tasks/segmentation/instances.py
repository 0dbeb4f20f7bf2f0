"""Objects by their pixels, also where they touch."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from opsin.core import DataError
from opsin.core.output import OutputSpec
from opsin.data import Augmentation, ImageStatistics
from opsin.data.targets import INSTANCES
from opsin.data.writers.annotated_image import AnnotatedImage
from opsin.data.writers.masks import object_rows
from opsin.drawing import Chart, Histogram, Points
from opsin.drawing.masks import mask_picture, overlay
from opsin.geometry.placement import Placement
from opsin.geometry.tiles import Tile
from opsin.metrics.average_precision import average_precision, coco_scores
from opsin.metrics.detection import rank_predictions
from opsin.metrics.instances import match_masks, objects_in
from opsin.metrics.segmentation import boundary_counts, boundary_f, confusion
from opsin.metrics.weighted import mean, mean_of_known, ratio

from ..defaults import MICROSCOPE_PHOTOMETRIC, map_network, spatial_augmentation
from ..image_level import as_rows
from ..spatial import SpatialTask, merge_decoded
from ..task import NetworkChoice, Scorer
from ..tile_merging import merge_objects
from ..validation import check_names, check_thresholds
from .annotations import annotate_objects
from .losses import class_loss, gap_loss, outline_loss, outlines
from .watershed import separate_objects

TRIED_AREAS = (0, 5, 10, 20, 40, 80, 160)
"""Least areas in pixels, of which the one with the best F1 on validation is taken, if it costs no more AP than this."""
COST_OF_AREA = 0.001
_NOT_IGNORED = -1


@dataclass(frozen=True)
class Instances(SpatialTask):
    """Every pixel's class and whether it lies on an outline; a watershed makes objects of both.

    Answers are int32 (n, height, width, 2): 0 or 256 times an object's number plus its class, and the object's
    confidence from 0 to 255; targets int32 (n, height, width) of the same codes.

    Examples:
        >>> Instances(("cell",)).to_columns(np.zeros((1, 4, 4, 2), np.int32))["count"]
        [0]
    """

    names: tuple[str, ...]
    least_area: int = 0
    least_confidence: float = 0.0

    name = "instances"
    output = OutputSpec("map", "instances")
    target_kind = INSTANCES
    writer_formats = (*SpatialTask.writer_formats, "objects")
    monitor = ("ap", 1)

    def __post_init__(self) -> None:
        check_names(self.names, 1, "classes")
        if type(self.least_area) is not int or self.least_area < 0:
            raise DataError(f"the least area is {self.least_area!r}; expected a number of pixels from 0 on")
        check_thresholds((self.least_confidence,), 1)

    @property
    def units(self) -> int:
        """One output for the background, one a class, one for outlines."""
        return len(self.names) + 2

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """The masks as they are."""
        return targets

    def loss(
        self,
        logits: Tensor,
        target: Tensor,
        *,
        smoothing: float = 0.0,
        weights: Tensor | None = None,
        parameters: Mapping[str, Tensor] | None = None,
    ) -> Tensor:
        """Cross-entropy and 1 - Dice of classes and of outlines, more between objects; `weights` are one a class."""
        classes = (target % 256 + 1) * (target > 0)
        if weights is not None:
            weights = weights.new_tensor([1.0, *weights.tolist()])
        of_classes = class_loss(logits[:, :-1], classes, _NOT_IGNORED, smoothing=smoothing, weights=weights)
        return of_classes + outline_loss(logits[:, -1], target) + gap_loss(logits, classes, target)

    def decode(self, logits: Tensor) -> np.ndarray:
        """Objects taken apart; an object's class is that of most of its chance.

        Its confidence is the mean chance of its pixels to be what the answer says: inside, and on an outline or not.
        """
        chances = logits[:, :-1].float().softmax(1).cpu().numpy()
        outline = logits[:, -1].float().sigmoid().cpu().numpy()
        return np.stack([self._decoded(*pair) for pair in zip(chances, outline, strict=True)])

    def _decoded(self, chances: np.ndarray, outline: np.ndarray) -> np.ndarray:
        inside = 1 - chances[0]
        number = separate_objects(inside, outline, self.least_area)
        flat, count = number.ravel(), int(number.max()) + 1
        size = np.maximum(1, np.bincount(flat, minlength=count))
        sums = np.stack([np.bincount(flat, of_class.ravel(), count) for of_class in chances[1:]])
        on_outline = outlines(torch.from_numpy(number)[None])[0].numpy()
        agreeing = np.where(number > 0, inside * np.where(on_outline, outline, 1 - outline), 1 - inside)
        confidence = np.bincount(flat, agreeing.ravel(), count) / size
        kept = np.round(255 * confidence) >= 255 * self.least_confidence
        kept[0] = False
        confidence[1:] = np.where(kept, confidence, 1 - confidence)[1:]
        code = (np.cumsum(kept) * 256 + sums.argmax(0)) * kept
        return np.stack([code[number], np.round(255 * confidence.clip(0, 1))[number]], 2).astype(np.int32)

    def empty(self, count: int, size: tuple[int, int]) -> np.ndarray:
        """No objects."""
        return np.zeros((count, *size, 2), np.int32)

    def to_columns(self, predictions: np.ndarray) -> dict[str, list[Any]]:
        """`count`, `count_<class>`, and means over objects: `area_mean` in pixels, and `confidence`."""
        found = [objects_in(row[..., 0], row[..., 1]) for row in predictions]
        return {
            "count": [len(objects.codes) for objects in found],
            **{
                f"count_{name}": [int((objects.classes == index).sum()) for objects in found]
                for index, name in enumerate(self.names)
            },
            "area_mean": [float(objects.areas.mean()) if len(objects.codes) else 0.0 for objects in found],
            "confidence": [float(objects.scores.mean()) if len(objects.codes) else 0.0 for objects in found],
        }

    def to_records(self, predictions: np.ndarray) -> list[dict[str, Any]]:
        """The columns, `objects` (a record each) and `mask`: int32 (height, width) of the objects' numbers."""
        return [
            {**row, "objects": object_rows(answer[..., 0], self.names, answer[..., 1]), "mask": answer[..., 0] // 256}
            for row, answer in zip(as_rows(self.to_columns(predictions)), predictions, strict=True)
        ]

    def with_threshold(self, confidence: float) -> "Instances":
        """Objects of less confidence are left out; DataError unless it is from 0 to 1."""
        return replace(self, least_confidence=float(confidence))

    @property
    def object_names(self) -> tuple[str, ...]:
        """All classes."""
        return self.names

    def to_annotations(self, id: str, prediction: np.ndarray, size: tuple[int, int]) -> AnnotatedImage:
        """Each object with its pixels."""
        return annotate_objects(id, prediction[..., 0], prediction[..., 1])

    def overlay(self, pixels: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """The image with each object in a colour of its own."""
        return overlay(pixels, prediction[..., 0], True)

    def decode_tiles(
        self, logits: Iterable[Tensor], placements: Sequence[Placement], tiles: Sequence[Tile], size: tuple[int, int]
    ) -> np.ndarray:
        """Merges the objects of all tiles: each object once."""
        return merge_decoded(self, merge_objects, logits, placements, tiles, size)

    def scorer(self, predictions: np.ndarray, targets: np.ndarray) -> Scorer:
        """ap, ap50, ap75 of masks as COCO has them (of up to 1,000 objects), dice, image_dice, iou, boundary_f, counts.

        dice and iou are of what is an object against what is none, over all pixels; image_dice is the mean over the
        images that have any object or are told to; boundary_f is of the outlines between objects too; count_mae and
        count_bias are means over images.
        """
        classes = [average_precision(images) for images in match_masks(predictions, targets, len(self.names))]
        tables = confusion((predictions[..., 0] > 0).astype(np.uint8), self._inside(targets), 2)
        borders = boundary_counts(predictions[..., 0], targets, None)
        more = self._counts(predictions[..., 0]) - self._counts(targets)
        off, bias = mean(np.abs(more)), mean(more)
        image_dice = mean_of_known(ratio(2 * tables[:, 1, 1], tables[:, 1].sum(1) + tables[:, :, 1].sum(1)))

        def scores(weights: np.ndarray) -> dict[str, float]:
            found = coco_scores(classes, weights)
            table = np.tensordot(weights, tables, 1)
            right, either = table[1, 1], table.sum() - table[0, 0]
            return {
                **{name: found[name] for name in ("ap", "ap50", "ap75")},
                "dice": float(ratio(2 * right, either + right)),
                "image_dice": image_dice(weights),
                "iou": float(ratio(right, either)),
                "boundary_f": boundary_f(borders, weights),
                "count_mae": off(weights),
                "count_bias": bias(weights),
            }

        return scores

    def per_class(self, predictions: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """class, count, ap, ap50, and at an overlap of half precision, recall and f1."""
        rows: list[dict[str, Any]] = []
        for name, images in zip(self.names, match_masks(predictions, targets, len(self.names)), strict=True):
            precision = average_precision(images)(np.ones(len(images)))[0][0]
            ranking = rank_predictions(images)
            right, told = np.array(ranking.right.sum()), np.array(len(ranking.right))
            there = np.array(ranking.count)
            row = {"class": name, "count": ranking.count, "ap": float(precision.mean()), "ap50": float(precision[0])}
            row |= {"precision": float(ratio(right, told)), "recall": float(ratio(right, there))}
            rows.append(row | {"f1": float(ratio(2 * right, told + there))})
        return rows

    def subgroups(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        """The rows in which each class is to be seen."""
        seen = [set(objects_in(targets[row]).classes.tolist()) for row in range(len(targets))]
        return {
            name: np.array([row for row, classes in enumerate(seen) if index in classes], np.int64)
            for index, name in enumerate(self.names)
        }

    def is_error(self, predictions: np.ndarray, targets: np.ndarray) -> None:
        """No answer is quite right."""
        return

    def fit_baseline(self, train_targets: np.ndarray) -> np.ndarray:
        """Nothing: no object lies at the same place in every image."""
        return np.zeros(0, np.float32)

    def baseline_predictions(self, baseline: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """No objects."""
        return np.zeros_like(predictions)

    def sample_loss(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """1 - F1 of the objects of each image, at an overlap of half."""
        return 1 - self._f1_of_each(predictions, targets)

    def uncertainty(self, predictions: np.ndarray) -> np.ndarray:
        """1 - the mean confidence of the objects of each image; 0 where there are none."""
        found = [objects_in(row[..., 0], row[..., 1]).scores for row in predictions]
        return np.array([1 - float(scores.mean()) if len(scores) else 0.0 for scores in found])

    def charts(self, predictions: np.ndarray, targets: np.ndarray) -> tuple[Chart, ...]:
        """How many objects are told over how many there are, and how F1 is spread over the images."""
        told, true = self._counts(predictions[..., 0]), self._counts(targets)
        caption = "A dot an image; on the line as many objects are told as there are."
        points = Points("Objects counted", caption, true, told, "objects there", "objects told", True)
        counts, edges = np.histogram(self._f1_of_each(predictions, targets), 20, (0.0, 1.0))
        caption = "How many images reach each F1 of objects that overlap by half; see the left ones below."
        return points, Histogram("F1 of each image", caption, edges, counts, "f1", "images")

    def describe(self, prediction: np.ndarray, target: Any) -> tuple[str, str]:
        """How many objects of each class are told; and how many there are, with the image's F1."""
        truth = np.asarray(target)
        f1 = float(self._f1_of_each(prediction[None], truth[None])[0])
        return self._words(prediction[..., 0]), f"{self._words(truth)}; f1 {f1:.2f}"

    def draw(self, pixels: np.ndarray, prediction: Any, target: Any) -> np.ndarray:
        """The image, the truth, the answer and what is wrong, side by side; every object in a colour of its own."""
        return mask_picture(pixels, prediction[..., 0], None if target is None else np.asarray(target), True)

    def default_network(self, images: ImageStatistics, count: int, device: str, seconds: float | None) -> NetworkChoice:
        """Returns a U-Net."""
        return map_network(images, count, device)

    def default_augmentation(self, side: int, *, hflip: bool, rotate90: bool, long: bool) -> Augmentation:
        """Returns geometric and photometric changes that move masks with the image."""
        return spatial_augmentation(
            side, hflip=hflip, rotate90=rotate90, rotate=15.0, photometric=MICROSCOPE_PHOTOMETRIC
        )

    def default_tta(self, hflip: bool, side: int) -> str:
        """Returns flips."""
        return "hflip" if hflip else "none"

    def calibrated(self, predictions: np.ndarray, targets: np.ndarray) -> "Instances":
        """With the least area of an object that has the best F1 on these validation answers, at no cost of AP."""
        if not len(targets):
            return self
        found = {least: self._without(predictions, targets, least) for least in TRIED_AREAS}
        spared = [least for least in found if not found[least][1] < found[0][1] - COST_OF_AREA]
        return replace(self, least_area=max(spared, key=lambda least: (found[least][0], -least)))

    def to_json(self) -> dict[str, Any]:
        """Plain values for the model file."""
        return {"task": self.name, **asdict(self)}

    def _without(self, predictions: np.ndarray, targets: np.ndarray, least: int) -> tuple[float, float]:
        """F1 and AP of the objects of at least that area."""
        kept = np.array(predictions)
        for row in kept:
            objects = objects_in(row[..., 0])
            row[np.isin(row[..., 0], objects.codes[objects.areas < least])] = 0
        matches = match_masks(kept, targets, len(self.names))
        precision = coco_scores([average_precision(images) for images in matches], np.ones(len(targets)))["ap"]
        rankings = [rank_predictions(images) for images in matches]
        right = sum(int(ranking.right.sum()) for ranking in rankings)
        both = sum(len(ranking.right) + ranking.count for ranking in rankings)
        return (2 * right / both if both else 1.0), precision

    def _f1_of_each(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        found = match_masks(predictions, targets, len(self.names))
        values: list[float] = []
        for images in zip(*found, strict=True):
            right = sum(int((image.partner[0, 0] >= 0).sum()) for image in images)
            both = sum(len(image.scores) + int(image.wanted[0]) for image in images)
            values.append(2 * right / both if both else 1.0)
        return np.array(values)

    def _inside(self, masks: np.ndarray) -> np.ndarray:
        return np.stack([np.asarray(mask) > 0 for mask in masks]).astype(np.uint8) if len(masks) else masks

    def _counts(self, masks: np.ndarray) -> np.ndarray:
        return np.array([len(objects_in(mask).codes) for mask in masks], float)

    def _words(self, mask: np.ndarray) -> str:
        classes = Counter(self.names[index] for index in objects_in(mask).classes.tolist())
        return ", ".join(f"{count} {name}" for name, count in classes.most_common()) or "none"
