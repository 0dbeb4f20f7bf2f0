"""Contract of preprocessing: from a sample to the array that the network takes, the same in training and prediction."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from torch import Tensor

from opsin.core import DataError, Shape
from opsin.geometry import Placement

from ..intensity import Intensity
from ..samples import Content
from .face_preprocessing import FacePreprocessing
from .image_preprocessing import ImagePreprocessing
from .patch_preprocessing import PatchPreprocessing
from .volume_preprocessing import VolumePreprocessing


class Preprocessing(Protocol):
    """Size, scale and normalization of samples; stored in the model file. Each kind is a frozen dataclass."""

    kind: ClassVar[str]
    """Name of the kind in files."""
    in_patches: ClassVar[bool]
    """True where arrays have the size of their sample, from which the network takes patches of `size`."""

    @property
    def size(self) -> Shape:
        """Shape of an array, channels last: (height, width, channels) or (depth, height, width, channels)."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the arrays that `fit` returns and a store holds: uint8 or float32."""
        ...

    @property
    def mean(self) -> tuple[float, ...]:
        """Mean of each channel over the training arrays; of uint8 in units of 255."""
        ...

    @property
    def std(self) -> tuple[float, ...]:
        """Standard deviation of each channel over the training arrays, above 0."""
        ...

    @property
    def intensity(self) -> Intensity | None:
        """Scale of images of more than 8 bits; None where there are none."""
        ...

    @property
    def store_key(self) -> str:
        """Text that is equal for two preprocessings exactly when `fit` returns the same arrays."""
        ...

    def decode(self, content: Content) -> Any:
        """Returns the sample that `fit` takes; raises DataError when the content cannot be read or is of another kind.

        A JPEG may be decoded smaller than it is, but not below `size`.
        """
        ...

    def fit(self, sample: Any) -> tuple[np.ndarray, Placement]:
        """Returns an array of `size` and `dtype`, and where the sample is in it."""
        ...

    def fit_into(self, samples: Iterable[tuple[int, Any]], out: np.ndarray) -> list[int]:
        """Writes the array of each (row, sample) to that row of `out`; returns the rows."""
        ...

    def placement(self, content: Content) -> Placement:
        """Returns where a sample is in its array, from the header alone where it has one; raises DataError."""
        ...

    def normalize(self, arrays: Tensor) -> Tensor:
        """Returns arrays (n, *size) as float32 (n, channels, ...) with about mean 0 and deviation 1, channels last in
        memory."""
        ...

    def with_scale(self, mean: tuple[float, ...], std: tuple[float, ...]) -> Self:
        """Returns the same preprocessing with another mean and standard deviation."""
        ...

    def with_statistics(self, arrays: Iterable[np.ndarray]) -> Self:
        """Returns the same preprocessing with the mean and standard deviation of these arrays, each of `size`."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Returns plain values for the header of a model file; `preprocessing_from_json` reads them."""
        ...


_KINDS = {kind.kind: kind for kind in (ImagePreprocessing, VolumePreprocessing, PatchPreprocessing, FacePreprocessing)}


def preprocessing_from_json(data: Mapping[str, Any]) -> Preprocessing:
    """Reads what `Preprocessing.to_json` returned.

    Args:
        data: Values from a file, which may hold anything.

    Raises:
        DataError: A value is missing, of another type or out of range.
    """
    try:
        kind = _KINDS[data["kind"]]
        return kind.from_json(data)
    except (KeyError, TypeError, ValueError, OverflowError, IndexError) as error:
        raise DataError(
            f"the preprocessing {data!r:.200} cannot be read. Expected the values of one of {', '.join(_KINDS)}."
        ) from error
