"""The trained thing: a network with its task and the way its images are prepared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.core import DataError, ModelFileError, NetworkError, choose_device, choose_precision
from opsin.data import Preparation, as_pixels, decode
from opsin.nn import Sequential
from opsin.tasks import Task, task_from_json

from .file import read_header, read_weights, write_model_file

VIEWS = ("one", "mirror", "mirror_shift")


@dataclass
class Model:
    """Predicts as it was trained: same preparation, same views, calibrated answers.

    `views` says over which versions of an image answers are averaged: "one", "mirror" (and its mirror image), or
    "mirror_shift" (and both shifted by a pixel two ways; Jordan 2024, arXiv:2404.00498). `about` says where it came
    from.
    """

    network: Sequential
    task: Task
    preparation: Preparation
    views: str = "one"
    about: dict[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        if self.views not in VIEWS:
            raise ModelFileError(f"views are {self.views!r}; expected one of {', '.join(VIEWS)}")
        if self.network.input_shape != self.preparation.size or self.network.output_shape != (self.task.units,):
            raise NetworkError(
                f"the network goes from {self.network.input_shape} to {self.network.output_shape}; "
                f"expected {self.preparation.size} to ({self.task.units},)"
            )

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    def raw(self, pixels: np.ndarray, *, batch_size: int = 256) -> np.ndarray:
        """float32 (n, units) outputs before any activation, for prepared uint8 (n, height, width, channels)."""
        if pixels.dtype != np.uint8 or pixels.shape[1:] != self.preparation.size:
            raise DataError(f"pixels are {pixels.dtype} {pixels.shape[1:]}; expected uint8 {self.preparation.size}")
        precision, training = choose_precision(self.device), self.network.training
        self.network.eval()
        answers = [np.zeros((0, self.task.units), np.float32)]
        try:
            with (
                torch.inference_mode(),
                torch.autocast(self.device.type, precision, enabled=precision != torch.float32),
            ):
                for start in range(0, len(pixels), batch_size):
                    piece = torch.from_numpy(np.ascontiguousarray(pixels[start : start + batch_size]))
                    answers.append(self._averaged(self.preparation.normalize(piece.to(self.device))).cpu().numpy())
        finally:
            self.network.train(training)
        return np.concatenate(answers)

    def _averaged(self, images: Tensor) -> Tensor:
        if self.views == "one":
            return self.network.logits(images).float()
        plain = self._both_sides(images)
        if self.views == "mirror":
            return plain
        height, width = images.shape[2:]
        padded = F.pad(images, (1, 1, 1, 1), mode="reflect")
        shifted = [padded[:, :, dy : dy + height, dx : dx + width] for dy, dx in ((0, 0), (2, 2))]
        return plain / 2 + (self._both_sides(shifted[0]) + self._both_sides(shifted[1])) / 4

    def _both_sides(self, images: Tensor) -> Tensor:
        return (self.network.logits(images).float() + self.network.logits(images.flip(3)).float()) / 2

    def predict(self, images: Any) -> list[dict[str, Any]]:
        """One answer an image, as a dictionary of the task's columns.

        `images` is a path, a picture (PIL) or an array (height, width[, channels]), or a list of them. Raises
        DataError when one cannot be read.
        """
        many: Sequence[Any] = images if isinstance(images, list | tuple) else [images]
        pixels = np.zeros((len(many), *self.preparation.size), np.uint8)
        for number, image in enumerate(many):
            pixels[number] = self.prepare(image)
        columns = self.task.columns(self.raw(pixels))
        return [{name: values[number] for name, values in columns.items()} for number in range(len(many))]

    def prepare(self, image: Any) -> np.ndarray:
        """A path, picture or array as uint8 (height, width, channels), as the network was trained to see it."""
        if isinstance(image, str | Path):
            try:
                content = Path(image).read_bytes()
            except OSError as error:
                raise DataError(f"{image} cannot be read: {error.strerror}; expected an image file") from error
            return self.preparation.fit(decode(content, at_least=self.preparation.size[:2]))
        return self.preparation.fit(as_pixels(np.asarray(image)))

    def save(self, path: str | Path) -> None:
        """Writes the model file, whole or not at all."""
        header = {
            "layers": self.network.to_json(),
            "task": self.task.to_json(),
            "preparation": self.preparation.to_json(),
            "views": self.views,
            "about": self.about,
        }
        write_model_file(Path(path), self.network.state_dict(), header)


def load(path: str | Path, device: str | torch.device | None = None) -> Model:
    """Reads a model file onto a device; runs no code from it. Raises ModelFileError when it is not whole or not one."""
    path = Path(path)
    header = read_header(path)
    try:
        with torch.device("meta"):
            described = Sequential.from_json(header["layers"])
        expected = {name: (value.shape, value.dtype) for name, value in described.state_dict().items()}
        weights = read_weights(path, expected)
        network = described.to_empty(device="cpu")
        network.load_state_dict(weights)
        about: Mapping[str, Any] = header["about"]
        preparation, task = Preparation.from_json(header["preparation"]), task_from_json(header["task"])
        where = device if isinstance(device, torch.device) else choose_device(device)
        return Model(network.to(where).eval(), task, preparation, header["views"], dict(about))
    except ModelFileError:
        raise
    except (NetworkError, DataError, TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise ModelFileError(f"{path} describes no model that can be built: {error}") from error
