"""The trained thing: a network with its task and the way its images are prepared."""

import copy
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from opsin.core import DataError, ModelFileError, NetworkError, Shape, keep_large_buffers
from opsin.data import ImagePreprocessing
from opsin.geometry import Placement
from opsin.nn import Sequential, summarize
from opsin.runtime.backends import FusedRuntime, Runtime
from opsin.runtime.selection import RuntimeCache
from opsin.tasks import Task
from opsin.tasks.spatial import rows_of

from .features import without_head
from .file import write_model_file
from .inputs import as_list, read_image
from .test_time_augmentation import TTA_MODES, tta_average
from .tiling import check_tiles, predict_in_tiles, tile_of

_MOST_BATCH = 256
_BATCH_VALUES = 2**26
_MOST_TOGETHER = 8
"""Images that a core takes through all layers at a time; with more or larger ones their maps leave its cache."""


@dataclass
class Model:
    """Predicts as it was trained: same preprocessing, same tta, calibrated answers.

    `tta` says over which versions of an image answers are averaged: "none", "hflip" (and its mirror image), or
    "hflip_shift" (and both shifted by a pixel two ways). `provenance` says where it came from: data fingerprint, seed,
    versions, scores with intervals, notes. Raises NetworkError when network, task and preprocessing do not fit.
    """

    network: Sequential
    task: Task
    preprocessing: ImagePreprocessing
    tta: str = "none"
    provenance: dict[str, Any] = field(default_factory=dict[str, Any])
    _ready: RuntimeCache = field(default_factory=RuntimeCache, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.tta not in tuple(TTA_MODES):
            raise ModelFileError(f"tta are {self.tta!r}; expected one of {', '.join(TTA_MODES)}")
        if self.tta == "hflip_shift" and min(self.preprocessing.size[:2]) < 2:
            raise NetworkError(f"cannot shift images of {self.preprocessing.size} by a pixel; take the tta 'hflip'")
        if self.tta == "hflip_shift" and self.task.head != "vector":
            raise ModelFileError("tta are 'hflip_shift', but answers are places; expected 'none' or 'hflip'")
        check_head(self.network, self.preprocessing.size, self.task)

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    @property
    def supports_threads(self) -> bool:
        """Whether threads may ask for answers at the same time, each of them computing on a core of its own."""
        return isinstance(self._runtime, FusedRuntime)

    @property
    def fingerprint(self) -> str:
        """Equal for two models exactly when they answer alike: weights, layers, task, preprocessing and tta."""
        description = (self.network.to_json(), self.task.to_json(), self.preprocessing.to_json(), self.tta)
        digest = hashlib.blake2b(json.dumps(description).encode(), digest_size=16)
        for name, value in self.network.state_dict().items():
            digest.update(name.encode())
            digest.update(value.detach().cpu().contiguous().numpy().data)
        return digest.hexdigest()

    def logits(self, arrays: np.ndarray, *, batch_size: int | None = None) -> Tensor:
        """Computes the network's outputs before the last activation, averaged over the test-time augmentation.

        Args:
            arrays: Preprocessed images, uint8 (n, height, width, channels); may be memory-mapped.
            batch_size: Images computed together. Default: up to 256, fewer for large feature maps.

        Returns:
            float32 (n, units), or (n, units, rows, columns) for a map or grid, on the CPU.

        Raises:
            DataError: The arrays have another type or shape than the preprocessing gives.
        """
        batches = [batch.cpu() for batch in self._logits(arrays, batch_size)]
        *space, units = self.network.output_shape
        return torch.cat(batches) if batches else torch.zeros(0, units, *space)

    def predict_batch(self, arrays: np.ndarray, *, batch_size: int | None = None) -> np.ndarray:
        """Computes the task's predictions for preprocessed images; only one batch is in memory at a time.

        Args:
            arrays: Preprocessed images, uint8 (n, height, width, channels); may be memory-mapped.
            batch_size: Images computed together. Default: up to 256, fewer for large feature maps.

        Returns:
            Decoded logits, a row an image: float32 (n, units) for vectors; boxes or masks at input size for others.

        Raises:
            DataError: The arrays have another type or shape than the preprocessing gives.
        """
        predictions = [self.task.decode(batch) for batch in self._logits(arrays, batch_size)]
        return np.concatenate(predictions) if predictions else self.task.empty(0, self.preprocessing.size[:2])

    def features(self, arrays: np.ndarray, *, batch_size: int | None = None) -> np.ndarray:
        """Computes the inputs of the last layer with weights, without test-time augmentation.

        Args:
            arrays: Preprocessed images, uint8 (n, height, width, channels); may be memory-mapped.
            batch_size: Images computed together. Default: up to 256, fewer for large feature maps.

        Returns:
            float32 (n, features); a feature map is averaged over its positions.

        Raises:
            DataError: The arrays have another type or shape than the preprocessing gives.
            NetworkError: The network's output is no vector.
        """
        if len(self.network.output_shape) != 1:
            raise NetworkError(
                f"features of a network with the output {self.network.output_shape} are asked for. "
                "Expected a vector. Fix: ask a model of images, not of pixels or boxes."
            )
        runtime = RuntimeCache().runtime(without_head(self.network), self.preprocessing)
        some = arrays if len(arrays) else np.zeros((1, *self.preprocessing.size), np.uint8)
        batches = [runtime.logits(batch).cpu() for batch in self._batches(some, batch_size)]
        return torch.cat(batches)[: len(arrays), ..., None].flatten(2).mean(2).numpy()

    def predict(
        self, images: Any, *, tiles: bool | None = None, confidence: float | None = None
    ) -> list[dict[str, Any]]:
        """One answer an image, as a dictionary of plain values; boxes and masks in pixels of the image as it came.

        `images` is one or many of: path, encoded bytes, PIL picture, array (height, width[, channels]). `tiles` says
        whether to look at a large image tile by tile (None: when it is more than twice as large as those of training),
        `confidence` from which on boxes or objects are told (None: as found out in training). Raises DataError when an
        image cannot be read.
        """
        check_tiles(self.task, tiles)
        model = self if confidence is None else self.with_threshold(confidence)
        many, told = as_list(images), list[dict[str, Any]]()
        for start in range(0, len(many), _MOST_BATCH):
            numbers = range(start, min(start + _MOST_BATCH, len(many)))
            told += model.task.to_records(model.predict_images((model._named(i, many[i]) for i in numbers), tiles))
        return told

    def predict_images(self, pictures: Iterable[np.ndarray], tiles: bool | None = None) -> np.ndarray:
        """The task's answers in pixels of the pictures, which `read` gives; a row a picture."""
        fitted, in_tiles = list[tuple[np.ndarray, Placement]](), dict[int, np.ndarray]()
        for picture in pictures:  # none is kept: many large ones would fill the memory
            tile = tile_of(self, (picture.shape[0], picture.shape[1]), tiles)
            if tile is None:
                fitted.append(self.preprocess(picture))
            else:
                in_tiles[len(fitted) + len(in_tiles)] = predict_in_tiles(self, picture, tile)
        pixels = np.stack([pixels for pixels, _ in fitted]) if fitted else np.zeros((0, *self.preprocessing.size), "u1")
        predictions = self.task.full(self.predict_batch(pixels), [frame for _, frame in fitted])
        if not in_tiles:
            return predictions
        rest = iter(predictions)
        count = len(fitted) + len(in_tiles)
        return rows_of([in_tiles[row] if row in in_tiles else next(rest) for row in range(count)])

    def load_image(self, image: Any) -> np.ndarray:
        """A path, bytes, picture or array as uint8 (height, width, 1 or 3); DataError when it cannot be had.

        Only where answers are no places may an image be decoded at a smaller size.
        """
        at_least = self.preprocessing.size[:2] if self.task.places == "none" else None
        return read_image(image, at_least, self.preprocessing.intensity)

    def preprocess(self, picture: np.ndarray) -> tuple[np.ndarray, Placement]:
        """A picture as the network was trained to see it, uint8 (height, width, channels), and its place in that."""
        return self.preprocessing.fit(picture), Placement(
            (picture.shape[0], picture.shape[1]), self.preprocessing.size[:2]
        )

    def with_threshold(self, confidence: float) -> "Model":
        """Returns this model with another confidence threshold; both share weights, network and runtime.

        Args:
            confidence: Least confidence, 0 to 1, of predicted boxes or objects.

        Raises:
            DataError: The task has no confidence threshold, or the value is outside 0 to 1.
        """
        other = copy.copy(self)
        other.task = self.task.with_threshold(confidence)
        return other

    def accelerate(self) -> str:
        """Takes OpenVINO from now on, for one image, few or many, where it is sooner and answers alike.

        Says in a line what was found. Takes a few seconds, so it is worth it before many images, or where each is
        waited for. Answers then differ in the last digits. Changed weights bring PyTorch back. Raises OpsinError where
        OpenVINO cannot do it.
        """
        keep_large_buffers()
        together = max(1, min(_MOST_TOGETHER, self.max_batch_size // max(16, torch.get_num_threads())))
        return self._ready.select_backend(self.network, self.preprocessing, together)

    def save(self, path: str | Path) -> None:
        """Writes the model file, whole or not at all; `load` reads it."""
        header = {
            "layers": self.network.to_json(),
            "task": self.task.to_json(),
            "preprocessing": self.preprocessing.to_json(),
            "tta": self.tta,
            "provenance": self.provenance,
        }
        write_model_file(Path(path), self.network.state_dict(), header)

    @property
    def _runtime(self) -> Runtime:
        return self._ready.runtime(self.network, self.preprocessing)

    def _logits(self, arrays: np.ndarray, batch_size: int | None) -> Iterator[Tensor]:
        runtime = self._runtime
        for batch in self._batches(arrays, batch_size):
            yield tta_average(runtime.logits, batch, self.tta)

    def _batches(self, arrays: np.ndarray, batch_size: int | None) -> Iterator[Tensor]:
        if arrays.dtype != np.uint8 or arrays.shape[1:] != self.preprocessing.size:
            raise DataError(
                f"arrays are {arrays.dtype} of shape {arrays.shape}; expected uint8 (n, *{self.preprocessing.size})"
            )
        keep_large_buffers()
        size = batch_size or self.max_batch_size
        for start in range(0, len(arrays), size):
            yield torch.from_numpy(np.array(arrays[start : start + size]))

    def _named(self, number: int, image: Any) -> np.ndarray:
        """A picture, or a DataError that says which."""
        try:
            return self.load_image(image)
        except DataError as error:
            name = image if isinstance(image, str | Path) else f"image {number}"
            raise DataError(f"{name} {error}") from error

    @cached_property
    def max_batch_size(self) -> int:
        """So many images that the largest map of a batch stays within 256 MiB."""
        largest = max(row.values for row in summarize(self.network).rows)
        return max(1, min(_MOST_BATCH, _BATCH_VALUES // largest))


def check_head(network: Sequential, size: Shape, task: Task) -> None:
    """Raises NetworkError when a network does not go from images of `size` to what the task makes answers of."""
    height, width = size[:2]
    found = network.output_shape
    wanted: tuple[object, ...] = (task.units,)
    if task.head == "map":
        wanted = (height, width, task.units)
    elif task.head == "grid":
        stride = -(-height // found[0]) if len(found) == 3 else 0
        wanted = (-(-height // stride), -(-width // stride), task.units) if stride else ("rows", "columns", task.units)
    if network.input_shape != size or found != wanted:
        raise NetworkError(f"the network goes from {network.input_shape} to {found}; expected {size} to {wanted}")
