"""Description of a network's output, read by zoo, data and tasks."""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from .errors import NetworkError

Layout: TypeAlias = Literal["vector", "map", "grid", "embedding"]
"""Output per sample: a vector, one vector a pixel (or voxel), one vector a grid cell, or an embedding."""
SpatialTargets: TypeAlias = Literal["none", "boxes", "mask", "instances", "volume"]
"""The part of a target that moves with the sample when an augmentation or a letterbox moves it."""

_RANKS = (2, 3)


@dataclass(frozen=True)
class OutputSpec:
    """Layout of a network's output and the spatial targets that it is trained on.

    Attributes:
        layout: "vector", "map", "grid" or "embedding".
        spatial: Spatial targets: "none", "boxes", "mask", "instances" or "volume".
        ranks: Numbers of spatial axes that the inputs may have: 2 for images, 3 for volumes.

    Raises:
        NetworkError: A field has another value, or "volume" is combined with ranks without 3.

    Examples:
        >>> OutputSpec("grid", "boxes").is_dense
        True
    """

    layout: Layout
    spatial: SpatialTargets = "none"
    ranks: tuple[int, ...] = (2,)

    def __post_init__(self) -> None:
        for field, value, choices in (
            ("layout", self.layout, get_args(Layout)),
            ("spatial", self.spatial, get_args(SpatialTargets)),
        ):
            if value not in choices:
                raise NetworkError(f"{field} {value!r} is unknown. Expected one of {', '.join(choices)}.")
        if not self.ranks or list(self.ranks) != sorted(set(self.ranks) & set(_RANKS)):
            raise NetworkError(f"ranks {self.ranks!r} are not valid. Expected (2,), (3,) or (2, 3).")
        if self.spatial == "volume" and 3 not in self.ranks:
            raise NetworkError(f"spatial 'volume' does not fit ranks {self.ranks!r}. Expected ranks with 3.")

    @property
    def is_dense(self) -> bool:
        """Returns True for one output vector a pixel or grid cell."""
        return self.layout in ("map", "grid")

    @property
    def is_spatial(self) -> bool:
        """Returns True where targets move with the sample."""
        return self.spatial != "none"

    @property
    def has_boxes(self) -> bool:
        """Returns True where targets are bounding boxes."""
        return self.spatial == "boxes"

    @property
    def is_vector(self) -> bool:
        """Returns True for one output vector a sample."""
        return self.layout in ("vector", "embedding")
