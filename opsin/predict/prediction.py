"""The prediction for one image or frame, on its way from the network to the writers."""

from dataclasses import dataclass

import numpy as np

from opsin.data import Volume

from .inputs import Image


@dataclass(frozen=True, eq=False)
class FilePrediction:
    """Prediction for one image, or for one frame of a video.

    Attributes:
        path: The image or the video.
        size: Height and width of the image in pixels.
        prediction: Prediction in pixels of the image; None if the image cannot be read.
        error: One line with the reason; None if there is a prediction.
        frame: Number of the frame, from 0 on; None for an image.
        seconds: Time of the frame in its video.
        volume: The volume that was predicted; None for images.
        pixels: uint8 (height, width, 3) of a frame, so that it can be drawn; None for an image, which is a file.
    """

    path: Image
    size: tuple[int, ...] = (0, 0)
    prediction: np.ndarray | None = None
    error: str | None = None
    frame: int | None = None
    seconds: float | None = None
    volume: Volume | None = None
    pixels: np.ndarray | None = None
