"""A face that was found in an image, and its quality."""

from dataclasses import dataclass
from typing import Any

import numpy as np

SMALL = 20.0
"""Distance of the eyes below which a face is small, in pixels."""
BLURRED = 4.0
"""Sharpness below which a face is blurred, in grey levels."""
PROFILE = 0.3
"""Shift of the nose above which a face is seen from the side."""


@dataclass(frozen=True, eq=False)
class FoundFace:
    """A face.

    Attributes:
        box: float64 (4,): left, top, right and bottom in pixels; may reach beyond the image.
        score: Score of the detector, above 0.
        landmarks: float64 (5, 2): x and y in pixels, in the order of `find_landmarks`.
        sharpness: Standard deviation of the Laplacian of the aligned face, in grey levels.
        embedding: float32 (128,) of length 1.
    """

    box: np.ndarray
    score: float
    landmarks: np.ndarray
    sharpness: float
    embedding: np.ndarray

    @property
    def eyes(self) -> float:
        """Distance between the centres of the eyes, in pixels."""
        return float(np.hypot(*(self.landmarks[:2].mean(0) - self.landmarks[2:4].mean(0))))

    @property
    def profile(self) -> float:
        """Shift of the nose from the middle of the eyes along the line of the eyes, as a share of their distance."""
        right, left = self.landmarks[:2].mean(0), self.landmarks[2:4].mean(0)
        axis = right - left
        return float((self.landmarks[4] - (right + left) / 2) @ axis / max(axis @ axis, 1e-9))

    @property
    def problems(self) -> tuple[str, ...]:
        """Names of what makes the face less reliable: small, blurred, profile."""
        found = {
            "small": self.eyes < SMALL,
            "blurred": self.sharpness < BLURRED,
            "profile": abs(self.profile) > PROFILE,
        }
        return tuple(name for name, holds in found.items() if holds)

    def to_json(self) -> dict[str, Any]:
        """Returns plain values for output; the embedding is left out."""
        return {
            "box": [round(float(side), 1) for side in self.box],
            "score": round(self.score, 3),
            "eyes": round(self.eyes, 1),
            "problems": list(self.problems),
        }
