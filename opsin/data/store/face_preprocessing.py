"""Preprocessing of face photos: alignment of landmarks to a template, and normalization."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, cast

import numpy as np
import torch

from opsin.core import DataError
from opsin.geometry import Placement

from ..decode import as_pixels, decode, shape_of
from ..intensity import Intensity
from ..samples import Content, Face, image_of
from .channel_statistics import floats
from .image_preprocessing import ImagePreprocessing, image_scale, letterbox

Template = tuple[tuple[float, float], ...]
TEMPLATE: Template = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Landmarks of an aligned face of 112 x 112 pixels (x, y), as most published face embeddings expect (ArcFace)."""


@dataclass(frozen=True)
class FacePreprocessing:
    """Aligns faces to a template by a similarity transform of their landmarks; without landmarks it letterboxes.

    Args:
        size: (height, width, channels) of an array, channels 1 or 3.
        mean: Mean of each channel over the training images, in units of 255.
        std: Standard deviation of each channel, in units of 255, above 0.
        template: Five landmarks (x, y) of an aligned face, in pixels of the array.
        intensity: Scale of images of more than 8 bits; None where the training images have none.

    Raises:
        DataError: A size is below 1, a length does not fit, or the template is not finite.
    """

    kind: ClassVar[str] = "face"
    in_patches: ClassVar[bool] = False
    size: tuple[int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    template: Template = TEMPLATE
    intensity: Intensity | None = None

    def __post_init__(self) -> None:
        if len(self.template) != 5 or not np.isfinite(np.array(self.template)).all():
            raise DataError(f"template {self.template} is not valid. Expected five finite points (x, y).")
        self._images()

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8."""
        return np.dtype(np.uint8)

    @property
    def store_key(self) -> str:
        """See `Preprocessing`."""
        intensity = None if self.intensity is None else self.intensity.to_json()
        return json.dumps([self.kind, self.size, self.template, intensity])

    def decode(self, content: Content) -> Face:
        """Returns the face with uint8 pixels (height, width, 1 or 3) of full size, as landmarks are given in them.

        Raises:
            DataError: The content is no image or cannot be read.
        """
        face = _face(content)
        if isinstance(face.image, bytes):
            return Face(decode(face.image, intensity=self.intensity), face.landmarks)
        return Face(as_pixels(face.image, self.intensity), face.landmarks)

    def fit(self, sample: Face) -> tuple[np.ndarray, Placement]:
        """Aligns or letterboxes a face.

        Args:
            sample: The face, as `decode` returns it.

        Returns:
            uint8 of `size`, and the placement of a letterbox: an aligned face is rotated, which no placement describes.
        """
        import cv2

        pixels = cast("np.ndarray", sample.image)
        height, width, channels = self.size
        placement = Placement((pixels.shape[0], pixels.shape[1]), self.size[:2])
        if sample.landmarks is None:
            return letterbox(pixels, self.size), placement
        pixels = letterbox(pixels, (*pixels.shape[:2], channels))
        matrix = similarity(sample.landmarks, np.array(self.template))
        aligned = cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_LINEAR)
        return aligned.reshape(self.size), placement

    def fit_into(self, samples: Iterable[tuple[int, Face]], out: np.ndarray) -> list[int]:
        """See `Preprocessing`."""
        done: list[int] = []
        for row, sample in samples:
            out[row], _ = self.fit(sample)
            done.append(row)
        return done

    def placement(self, content: Content) -> Placement:
        """See `Preprocessing`."""
        return Placement(shape_of(_face(content).image), self.size[:2])

    def normalize(self, arrays: torch.Tensor) -> torch.Tensor:
        """Returns uint8 (n, height, width, channels) as float32 (n, channels, height, width)."""
        return self._images().normalize(arrays)

    def with_scale(self, mean: tuple[float, ...], std: tuple[float, ...]) -> "FacePreprocessing":
        """See `Preprocessing`."""
        return replace(self, mean=mean, std=std)

    def with_statistics(self, arrays: Iterable[np.ndarray]) -> "FacePreprocessing":
        """See `Preprocessing`."""
        return self.with_scale(*image_scale(arrays, self.size[0] * self.size[1]))

    def to_json(self) -> dict[str, Any]:
        """See `Preprocessing`."""
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "FacePreprocessing":
        """Reads what `to_json` returned; raises KeyError, TypeError, ValueError or DataError otherwise."""
        height, width, channels = (int(side) for side in data["size"])
        template = tuple((float(x), float(y)) for x, y in data["template"])
        intensity = None if data["intensity"] is None else Intensity.from_json(data["intensity"])
        return cls((height, width, channels), floats(data["mean"]), floats(data["std"]), template, intensity)

    def _images(self) -> ImagePreprocessing:
        return ImagePreprocessing(*self.size, self.mean, self.std, self.intensity)


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Computes the rotation, uniform scale and shift that move points nearest to others (Umeyama 1991).

    Args:
        source: (n, 2) points x, y.
        target: (n, 2) points x, y.

    Returns:
        (2, 3) matrix; points that all coincide are only shifted.
    """
    middle, goal = source.mean(0), target.mean(0)
    centred, wanted = source - middle, target - goal
    u, singular, vt = np.linalg.svd(wanted.T @ centred / len(source))
    signs = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt)) or 1.0])
    rotation = (u * signs) @ vt
    variance = (centred**2).sum() / len(source)
    scale = float(singular @ signs) / variance if variance > 0 else 1.0
    return np.concatenate([scale * rotation, (goal - scale * rotation @ middle)[:, None]], axis=1)


def _face(content: Content) -> Face:
    return content if isinstance(content, Face) else Face(image_of(content))
