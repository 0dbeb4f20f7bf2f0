"""The trained thing: a network with its task and the way its images are prepared."""

import copy
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from opsin.core import DataError, ModelFileError, NetworkError, Shape, keep_large_buffers
from opsin.data import Preparation
from opsin.geometry import Frame
from opsin.nn import Sequential, summarize
from opsin.runtime.backends import FusedRuntime, Runtime
from opsin.runtime.selection import Ready
from opsin.tasks import Task
from opsin.tasks.spatial import rows_of

from .file import write_model_file
from .inputs import as_list, read_picture
from .test_time_augmentation import VIEWS, average_views
from .tiling import answer_in_tiles, check_tiles, tile_of

_MOST_BATCH = 256
_BATCH_VALUES = 2**26
_MOST_TOGETHER = 8
"""Images that a core takes through all layers at a time; with more or larger ones their maps leave its cache."""


@dataclass
class Model:
    """Predicts as it was trained: same preparation, same views, calibrated answers.

    `views` says over which versions of an image answers are averaged: "one", "mirror" (and its mirror image), or
    "mirror_shift" (and both shifted by a pixel two ways). `about` says where it came from: data fingerprint, seed,
    versions, scores with intervals, notes. Raises NetworkError when network, task and preparation do not fit.
    """

    network: Sequential
    task: Task
    preparation: Preparation
    views: str = "one"
    about: dict[str, Any] = field(default_factory=dict[str, Any])
    _ready: Ready = field(default_factory=Ready, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.views not in tuple(VIEWS):
            raise ModelFileError(f"views are {self.views!r}; expected one of {', '.join(VIEWS)}")
        if self.views == "mirror_shift" and min(self.preparation.size[:2]) < 2:
            raise NetworkError(f"cannot shift images of {self.preparation.size} by a pixel; take the views 'mirror'")
        if self.views == "mirror_shift" and self.task.head != "vector":
            raise ModelFileError("views are 'mirror_shift', but answers are places; expected 'one' or 'mirror'")
        check_ends(self.network, self.preparation.size, self.task)

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    @property
    def side_by_side(self) -> bool:
        """Whether threads may ask for answers at the same time, each of them computing on a core of its own."""
        return isinstance(self._runtime, FusedRuntime)

    @property
    def fingerprint(self) -> str:
        """Equal for two models exactly when they answer alike: weights, layers, task, preparation and views."""
        description = (self.network.to_json(), self.task.to_json(), self.preparation.to_json(), self.views)
        digest = hashlib.blake2b(json.dumps(description).encode(), digest_size=16)
        for name, value in self.network.state_dict().items():
            digest.update(name.encode())
            digest.update(value.detach().cpu().contiguous().numpy().data)
        return digest.hexdigest()

    def raw(self, pixels: np.ndarray, *, batch_size: int | None = None) -> np.ndarray:
        """The task's answers, a row an image, for prepared uint8 (n, height, width, channels).

        Of a task whose answers are numbers: float32 (n, units) before any activation. Any n, also of a memory-mapped
        array: only a batch is in memory at a time. `batch_size` None takes up to 256, fewer when the network's maps
        are large.
        """
        if pixels.dtype != np.uint8 or pixels.shape[1:] != self.preparation.size:
            raise DataError(
                f"pixels are {pixels.dtype} of shape {pixels.shape}; expected uint8 (n, *{self.preparation.size})"
            )
        keep_large_buffers()
        size, runtime = batch_size or self.most_at_once, self._runtime
        answers: list[np.ndarray] = []
        for start in range(0, len(pixels), size):
            piece = torch.from_numpy(np.array(pixels[start : start + size]))
            answers.append(self.task.decode(average_views(runtime.logits, piece, self.views)))
        return np.concatenate(answers) if answers else self.task.blank(0, self.preparation.size[:2])

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
        model = self if confidence is None else self.at(confidence)
        many, told = as_list(images), list[dict[str, Any]]()
        for start in range(0, len(many), _MOST_BATCH):
            numbers = range(start, min(start + _MOST_BATCH, len(many)))
            told += model.task.plain(model.answers((model._named(i, many[i]) for i in numbers), tiles))
        return told

    def answers(self, pictures: Iterable[np.ndarray], tiles: bool | None = None) -> np.ndarray:
        """The task's answers in pixels of the pictures, which `read` gives; a row a picture."""
        fitted, in_tiles = list[tuple[np.ndarray, Frame]](), dict[int, np.ndarray]()
        for picture in pictures:  # none is kept: many large ones would fill the memory
            tile = tile_of(self, (picture.shape[0], picture.shape[1]), tiles)
            if tile is None:
                fitted.append(self.fit(picture))
            else:
                in_tiles[len(fitted) + len(in_tiles)] = answer_in_tiles(self, picture, tile)
        pixels = np.stack([pixels for pixels, _ in fitted]) if fitted else np.zeros((0, *self.preparation.size), "u1")
        raw = self.task.full(self.raw(pixels), [frame for _, frame in fitted])
        if not in_tiles:
            return raw
        rest = iter(raw)
        count = len(fitted) + len(in_tiles)
        return rows_of([in_tiles[row] if row in in_tiles else next(rest) for row in range(count)])

    def read(self, image: Any) -> np.ndarray:
        """A path, bytes, picture or array as uint8 (height, width, 1 or 3); DataError when it cannot be had.

        Only where answers are no places may an image be decoded at a smaller size.
        """
        at_least = self.preparation.size[:2] if self.task.places == "none" else None
        return read_picture(image, at_least, self.preparation.intensity)

    def fit(self, picture: np.ndarray) -> tuple[np.ndarray, Frame]:
        """A picture as the network was trained to see it, uint8 (height, width, channels), and its place in that."""
        return self.preparation.fit(picture), Frame((picture.shape[0], picture.shape[1]), self.preparation.size[:2])

    def at(self, confidence: float) -> "Model":
        """Returns this model with another confidence threshold; both share weights, network and runtime.

        Args:
            confidence: Least confidence, 0 to 1, of predicted boxes or objects.

        Raises:
            DataError: The task has no confidence threshold, or the value is outside 0 to 1.
        """
        other = copy.copy(self)
        other.task = self.task.at(confidence)
        return other

    def accelerate(self) -> str:
        """Takes OpenVINO from now on, for one image, few or many, where it is sooner and answers alike.

        Says in a line what was found. Takes a few seconds, so it is worth it before many images, or where each is
        waited for. Answers then differ in the last digits. Changed weights bring PyTorch back. Raises OpsinError where
        OpenVINO cannot do it.
        """
        keep_large_buffers()
        together = max(1, min(_MOST_TOGETHER, self.most_at_once // max(16, torch.get_num_threads())))
        return self._ready.choose(self.network, self.preparation, together)

    def save(self, path: str | Path) -> None:
        """Writes the model file, whole or not at all; `load` reads it."""
        header = {
            "layers": self.network.to_json(),
            "task": self.task.to_json(),
            "preparation": self.preparation.to_json(),
            "views": self.views,
            "about": self.about,
        }
        write_model_file(Path(path), self.network.state_dict(), header)

    @property
    def _runtime(self) -> Runtime:
        return self._ready.runtime(self.network, self.preparation)

    def _named(self, number: int, image: Any) -> np.ndarray:
        """A picture, or a DataError that says which."""
        try:
            return self.read(image)
        except DataError as error:
            name = image if isinstance(image, str | Path) else f"image {number}"
            raise DataError(f"{name} {error}") from error

    @cached_property
    def most_at_once(self) -> int:
        """So many images that the largest map of a batch stays within 256 MiB."""
        largest = max(row.values for row in summarize(self.network).rows)
        return max(1, min(_MOST_BATCH, _BATCH_VALUES // largest))


def check_ends(network: Sequential, size: Shape, task: Task) -> None:
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
