"""Detection, landmarks, alignment and embedding as one object."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch.nn.functional import normalize

from opsin.core import DataError
from opsin.runtime.inference import fuse

from .alignment import align
from .detector import WINDOW, Detector
from .dlib_files import TreeCascades, read_network, read_trees
from .found import FoundFace
from .landmarks import find_landmarks
from .networks import CHIP, EMBEDDING, embedding_network, input_mean
from .packaged import DETECTOR_FILE, EMBEDDING_FILE, LANDMARKS_FILE

SHORT_SIDE = 256
"""Shorter side to which a small image is enlarged before it is searched, in pixels."""
LONG_SIDE = 1280
"""Longer side to which a large image is reduced before it is searched, in pixels."""
MAX_ENLARGEMENT = 4.0
_CHUNK = 32


@dataclass(frozen=True)
class FaceRecognizer:
    """Finds faces in images and embeds them.

    Attributes:
        detector: Finds boxes.
        trees: Finds five landmarks in a box.
        embedder: Network for (n, 3, CHIP, CHIP).
        mean: Mean of red, green and blue that the network expects to be subtracted.
        digest: SHA-256 of the embedding's file: embeddings of other files cannot be compared.
    """

    detector: Detector
    trees: TreeCascades
    embedder: torch.nn.Module
    mean: tuple[float, float, float]
    digest: str

    def find(self, pixels: np.ndarray, smallest: float | None = None) -> list[FoundFace]:
        """Finds and embeds the faces of an image.

        Args:
            pixels: uint8 (height, width, 1 or 3).
            smallest: Height of the smallest face to find, in pixels. Default: 80, and a share of that in images with a
                side below SHORT_SIDE; in images with a side above LONG_SIDE, 80 at that size.

        Returns:
            The faces, the largest first.

        Raises:
            DataError: `smallest` is below 10.
        """
        if smallest is not None and smallest < 10:
            raise DataError(f"smallest face of {smallest:g} pixels is too small. Expected at least 10.")
        colour = np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))
        scale = _scale(colour.shape[0], colour.shape[1]) if smallest is None else WINDOW / smallest
        found = self.detector.find(colour, scale)
        points = [find_landmarks(self.trees, colour, box) for box in found.boxes]
        chips = [align(colour, landmarks) for landmarks in points]
        vectors = self.embed(chips)
        faces = [
            FoundFace(box, float(score), landmarks, _sharpness(chip), vector)
            for box, score, landmarks, chip, vector in zip(
                found.boxes, found.scores, points, chips, vectors, strict=True
            )
        ]
        return sorted(faces, key=lambda face: face.box[2] - face.box[0], reverse=True)

    @torch.inference_mode()
    def embed(self, chips: Sequence[np.ndarray]) -> np.ndarray:
        """Embeds aligned faces: the mean over the face and its hflip, each of length 1.

        Args:
            chips: uint8 (CHIP, CHIP, 3) each.

        Returns:
            float32 (n, 128), each of length 1.
        """
        vectors = np.zeros((len(chips), EMBEDDING), np.float32)
        for start in range(0, len(chips), _CHUNK):
            arrays = torch.from_numpy(np.stack(chips[start : start + _CHUNK]))
            views = torch.cat([arrays, arrays.flip(2)]).float()
            views = ((views - torch.tensor(self.mean)) / 256).permute(0, 3, 1, 2)
            first, second = normalize(self.embedder(views), dim=1).chunk(2)
            vectors[start : start + _CHUNK] = normalize(first + second, dim=1).numpy()
        return vectors


@cache
def load_recognizer() -> FaceRecognizer:
    """Returns the recognizer with the packaged weights; they are read once.

    Raises:
        ModelFileError: The package is not installed, or a file differs from the one that was tested.
    """
    detector = Detector(read_network(DETECTOR_FILE.read(), DETECTOR_FILE.name), DETECTOR_FILE.name)
    stored = read_network(EMBEDDING_FILE.read(), EMBEDDING_FILE.name)
    embedder = fuse(embedding_network(stored, EMBEDDING_FILE.name), torch.float32)
    trees = read_trees(LANDMARKS_FILE.read(), LANDMARKS_FILE.name)
    return FaceRecognizer(detector, trees, embedder, input_mean(stored), EMBEDDING_FILE.sha256)


def _scale(height: int, width: int) -> float:
    """Returns the size at which an image is searched."""
    enlarged = min(max(1.0, SHORT_SIDE / min(height, width)), MAX_ENLARGEMENT)
    return min(enlarged, LONG_SIDE / max(height, width))


def _sharpness(chip: np.ndarray) -> float:
    import cv2

    middle = chip[CHIP // 4 : -CHIP // 4, CHIP // 4 : -CHIP // 4].mean(2, dtype=np.float32)
    return float(cv2.Laplacian(middle, cv2.CV_32F).std())
