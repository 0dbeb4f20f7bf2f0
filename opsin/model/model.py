"""The model: a network with its task, its preprocessing and its test-time augmentation."""

import copy
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from opsin.core import DataError, ModelFileError, NetworkError, keep_large_buffers
from opsin.data import VIDEO_EXTENSIONS, ImagePreprocessing, Preprocessing
from opsin.geometry import Placement
from opsin.nn import Sequential, summarize
from opsin.runtime.backends import FusedRuntime, Runtime, RuntimeCache
from opsin.runtime.selection import select_backend
from opsin.tasks import Task
from opsin.tasks.spatial import as_objects

from .features import without_head
from .file import Part, write_model_file
from .head import check_head
from .inputs import as_list, frame_batches, read_content, read_image, read_volume
from .model_card import model_card
from .prediction_list import PredictionList
from .provenance import Provenance
from .sliding_window import predict_array, predict_volume
from .test_time_augmentation import TTA_MODES, tta_average
from .tiling import check_tiles, predict_in_tiles, tile_of

if TYPE_CHECKING:
    from opsin.explain import Explanation

_MOST_BATCH = 256
_BATCH_VALUES = 2**26
_MOST_TOGETHER = 8
"""Images that one core computes at a time; the feature maps of more would not fit into its cache."""


@dataclass
class Model:
    """A network with everything that its predictions need; may be used by several threads at the same time.

    Attributes:
        network: The layers and their weights.
        task: Meaning of the outputs, with calibration and thresholds.
        preprocessing: Preparation of images for the network, the same as in training.
        tta: Test-time augmentation, the copies of an image over which outputs are averaged: "none", "hflip" (and its
            horizontal flip) or "hflip_shift" (and both shifted by a pixel in two directions).
        provenance: Data, settings and scores of the training.
        parts: Further named data in the model file, such as the limits of a calibration.

    Raises:
        NetworkError: The network does not fit the task or the preprocessing.
        ModelFileError: The test-time augmentation is unknown, or not possible for the task.
    """

    network: Sequential
    task: Task
    preprocessing: Preprocessing
    tta: str = "none"
    provenance: Provenance = field(default_factory=Provenance)
    parts: Mapping[str, Part] = field(default_factory=dict[str, Part])
    _ready: RuntimeCache = field(default_factory=RuntimeCache, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.tta not in tuple(TTA_MODES):
            raise ModelFileError(f"tta is {self.tta!r}. Expected one of {', '.join(TTA_MODES)}.")
        if self.tta == "hflip_shift" and min(self.preprocessing.size[:-1]) < 2:
            raise NetworkError(
                f"images of {self.preprocessing.size} cannot be shifted by a pixel. Expected 2 pixels or more. "
                "Fix: use tta='hflip'."
            )
        if self.tta == "hflip_shift" and not self.task.output.is_vector:
            raise ModelFileError("tta is 'hflip_shift' for a task with spatial outputs. Expected 'none' or 'hflip'.")
        check_head(self.network, self.preprocessing.size, self.task)

    @property
    def device(self) -> torch.device:
        """Device of the network."""
        return next(self.network.parameters()).device

    @property
    def supports_threads(self) -> bool:
        """True when predictions of several threads at a time are faster, each computed on one core."""
        return isinstance(self._runtime, FusedRuntime)

    @property
    def fingerprint(self) -> str:
        """Digest of weights, layers, task, preprocessing and tta: equal for models with equal predictions."""
        description = (self.network.to_json(), self.task.to_json(), self.preprocessing.to_json(), self.tta)
        digest = hashlib.blake2b(json.dumps(description).encode(), digest_size=16)
        for name, value in self.network.state_dict().items():
            digest.update(name.encode())
            digest.update(value.detach().cpu().contiguous().numpy().data)
        return digest.hexdigest()

    def logits(self, arrays: np.ndarray, *, batch_size: int | None = None) -> Tensor:
        """Computes the network's outputs before the last activation, averaged over the test-time augmentation.

        Args:
            arrays: Preprocessed samples, (n, *size) of the size and type of the preprocessing; may be memory-mapped.
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
            arrays: Preprocessed samples, (n, *size) of the size and type of the preprocessing; may be memory-mapped. Of
                a preprocessing in patches (n,) arrays of any size.
            batch_size: Images computed together. Default: up to 256, fewer for large feature maps.

        Returns:
            Decoded logits, a row an image: float32 (n, units) for vectors; boxes or masks at input size for others.

        Raises:
            DataError: The arrays have another type or shape than the preprocessing gives.
        """
        if self.preprocessing.in_patches:
            return as_objects([predict_array(self, array, self.max_batch_size) for array in arrays])
        predictions = [self.task.decode(batch) for batch in self._logits(arrays, batch_size)]
        return np.concatenate(predictions) if predictions else self.task.empty(0, self.preprocessing.size[:-1])

    def features(self, arrays: np.ndarray, *, batch_size: int | None = None) -> np.ndarray:
        """Computes the inputs of the last layer with weights, without test-time augmentation.

        Args:
            arrays: Preprocessed samples, (n, *size) of the size and type of the preprocessing; may be memory-mapped.
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
        some = arrays if len(arrays) else np.zeros((1, *self.preprocessing.size), self.preprocessing.dtype)
        batches = [runtime.logits(batch).cpu() for batch in self._batches(some, batch_size)]
        return torch.cat(batches)[: len(arrays), ..., None].flatten(2).mean(2).numpy()

    def predict(
        self, images: Any, *, tiles: bool | None = None, confidence: float | None = None
    ) -> list[dict[str, Any]]:
        """Predicts on images.

        Args:
            images: One or many of: path, encoded bytes, PIL image, array (height, width[, channels]), or what the
                preprocessing takes instead: Volume, array (depth, height, width[, channels]), Face. Or one http(s)
                URL of an image, or the path of one video.
            tiles: True cuts large images into overlapping tiles, False never does. Default: cuts images that are more
                than twice as large as the training images.
            confidence: Minimum confidence of boxes or objects, 0 to 1. Default: as chosen on the validation split.

        Returns:
            One dictionary of plain values for each image; boxes and masks in pixels of the original image. For each
            frame of a video also its number `frame` and its `time` in seconds.

        Raises:
            DataError: An image cannot be read, or tiles or a confidence do not apply to the task.
        """
        if tiles:
            check_tiles(self.task)
        model = self if confidence is None else self.with_threshold(confidence)
        if isinstance(images, str | Path) and str(images).lower().endswith(VIDEO_EXTENSIONS):
            return model._predict_video(images, tiles)
        many, records = as_list(images, len(self.preprocessing.size) - 1), PredictionList()
        for start in range(0, len(many), _MOST_BATCH):
            numbers = range(start, min(start + _MOST_BATCH, len(many)))
            if self.preprocessing.in_patches:
                records += [model._volume_record(model._named(i, many[i])) for i in numbers]
                continue
            records += model.task.to_records(model.predict_images((model._named(i, many[i]) for i in numbers), tiles))
        return records

    def _predict_video(self, path: str | Path, tiles: bool | None) -> list[dict[str, Any]]:
        """Returns a record for each frame; a few frames are in memory at a time."""
        records = PredictionList()
        for some in frame_batches(path):
            predictions = self.predict_images((self.load_image(frame.pixels) for frame in some), tiles)
            for frame, record in zip(some, self.task.to_records(predictions), strict=True):
                records.append({"frame": frame.number, "time": frame.seconds, **record})
        return records

    def predict_images(self, images: Iterable[Any], tiles: bool | None = None) -> np.ndarray:
        """Predicts on images that `load_image` returned.

        Args:
            images: uint8 (height, width, 1 or 3) each, or volumes or faces; none is kept.
            tiles: As in `predict`.

        Returns:
            The task's predictions in pixels of the images, a row an image.
        """
        if self.preprocessing.in_patches:
            return as_objects([predict_volume(self, volume, self.max_batch_size) for volume in images])
        fitted, in_tiles = list[tuple[np.ndarray, Placement]](), dict[int, np.ndarray]()
        spatial = self.task.output.is_spatial
        for image in images:  # none is kept: many large ones would fill the memory
            cut = spatial and isinstance(image, np.ndarray)
            tile = tile_of(self, (image.shape[0], image.shape[1]), tiles) if cut else None
            if tile is None:
                fitted.append(self.preprocess(image))
            else:
                in_tiles[len(fitted) + len(in_tiles)] = predict_in_tiles(self, image, tile)
        empty = np.zeros((0, *self.preprocessing.size), self.preprocessing.dtype)
        pixels = np.stack([pixels for pixels, _ in fitted]) if fitted else empty
        predictions = self.task.to_image_space(self.predict_batch(pixels), [placement for _, placement in fitted])
        if not in_tiles:
            return predictions
        rest = iter(predictions)
        count = len(fitted) + len(in_tiles)
        return as_objects([in_tiles[row] if row in in_tiles else next(rest) for row in range(count)])

    def load_image(self, image: Any) -> Any:
        """Reads an image as `preprocess` takes it.

        Args:
            image: Path, encoded bytes, PIL image, array, volume or face.

        Returns:
            uint8 (height, width, 1 or 3), or a volume or face where the preprocessing takes these. A JPEG may be
            decoded at a smaller size unless the task is spatial.

        Raises:
            DataError: The image cannot be read; the message begins with the verb.
        """
        if self.preprocessing.in_patches:
            volume = read_volume(image)
            self.preprocessing.decode(volume)
            return volume
        if not isinstance(self.preprocessing, ImagePreprocessing):
            return self.preprocessing.decode(read_content(image))
        height, width = self.preprocessing.size[:2]
        at_least = (height, width) if not self.task.output.is_spatial else None
        return read_image(image, at_least, self.preprocessing.intensity)

    def preprocess(self, image: Any) -> tuple[np.ndarray, Placement]:
        """Fits an image into the network's input.

        Args:
            image: uint8 (height, width, 1 or 3), volume or face, as `load_image` returns it.

        Returns:
            The input, an array of the size and type of the preprocessing, and the placement of the image in it.
        """
        return self.preprocessing.fit(image)

    def _repr_html_(self) -> str:
        return model_card(self.network, self.task, self.preprocessing, self.provenance)

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

    def explain(self, image: Any, *, data: Any = None, out: str | Path | None = None) -> "Explanation":
        """Measures what makes the network a CNN on an image, and writes a page that runs it in the browser.

        Args:
            image: As in `predict`.
            data: Images of the training data, in any format that `opsin.train` reads: adds a linear probe by depth,
                and the patches that excite units most.
            out: HTML page to write. Default: none.

        Returns:
            The measurements; they show themselves in a notebook.

        Raises:
            DataError: The image or the data cannot be read.
            NetworkError: The network takes no images, or the page cannot run one of its layers.
        """
        from opsin.api import explain  # the one import upwards: a verb as a method, for notebooks

        return explain(self, image, data=data, out=out)

    def accelerate(self) -> str:
        """Switches to OpenVINO for batch sizes at which it is faster and gives the same outputs within 5 %.

        Takes a few seconds; worth it before many images. Outputs then differ in the last digits. Changed weights
        bring PyTorch back.

        Returns:
            One line with the measured times and the choice.

        Raises:
            OpsinError: OpenVINO is not installed or cannot run the network.
        """
        keep_large_buffers()
        together = max(1, min(_MOST_TOGETHER, self.max_batch_size // max(16, torch.get_num_threads())))
        return select_backend(self._ready, self.network, self.preprocessing, together)

    def save(self, path: str | Path) -> None:
        """Writes the model file, whole or not at all; `load` reads it.

        Args:
            path: Path of the file, such as model.safetensors.

        Raises:
            OpsinError: The file cannot be written.
            ModelFileError: The header would be too long to be read again, or a part has an unknown type.
        """
        header = {
            "layers": self.network.to_json(),
            "task": self.task.to_json(),
            "preprocessing": self.preprocessing.to_json(),
            "tta": self.tta,
            "provenance": self.provenance.to_json(),
        }
        write_model_file(Path(path), self.network.state_dict(), header, self.parts)

    @property
    def _runtime(self) -> Runtime:
        return self._ready.runtime(self.network, self.preprocessing)

    def _logits(self, arrays: np.ndarray, batch_size: int | None) -> Iterator[Tensor]:
        runtime = self._runtime
        for batch in self._batches(arrays, batch_size):
            yield tta_average(runtime.logits, batch, self.tta)

    def _batches(self, arrays: np.ndarray, batch_size: int | None) -> Iterator[Tensor]:
        shape, dtype = self.preprocessing.size, self.preprocessing.dtype
        if arrays.dtype != dtype or arrays.shape[1:] != shape:
            raise DataError(
                f"arrays have the type {arrays.dtype} and the shape {arrays.shape}. Expected {dtype} (n, *{shape})."
            )
        keep_large_buffers()
        size = batch_size or self.max_batch_size
        for start in range(0, len(arrays), size):
            yield torch.from_numpy(np.array(arrays[start : start + size]))

    def _volume_record(self, volume: Any) -> dict[str, Any]:
        task: Any = self.task
        return task.with_spacing(volume.spacing).to_records(self.predict_images([volume]))[0]

    def _named(self, number: int, image: Any) -> Any:
        """Reads an image; the error names it."""
        try:
            return self.load_image(image)
        except DataError as error:
            name = image if isinstance(image, str | Path) else f"image {number}"
            raise DataError(f"{name} {error}") from error

    @cached_property
    def max_batch_size(self) -> int:
        """Number of images for which the largest feature map of a batch takes at most 256 MiB."""
        largest = max(row.values for row in summarize(self.network).rows)
        return max(1, min(_MOST_BATCH, _BATCH_VALUES // largest))
