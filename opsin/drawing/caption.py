"""Pictures with a line of text above them."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

MIN_WIDTH = 320
MIN_FONT, FONT_SHARE = 14, 1 / 24
"""Least height of the text in pixels, and its height as a share of the longer side."""


def caption_picture(pixels: np.ndarray, text: str) -> np.ndarray:
    """Draws a line of text above an image, which is enlarged to a width of 320 pixels when it is smaller.

    Args:
        pixels: uint8 (height, width, 1 or 3).
        text: The line; its end is left out where it does not fit.

    Returns:
        uint8 (height + strip, width, 3).
    """
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).convert("RGB")
    scale = max(1.0, MIN_WIDTH / image.width)
    image = image.resize((round(image.width * scale), max(1, round(image.height * scale))), Image.Resampling.BICUBIC)
    size = max(MIN_FONT, round(max(image.size) * FONT_SHARE))
    strip = size + size // 2
    canvas = Image.new("RGB", (image.width, image.height + strip), (20, 20, 20))
    canvas.paste(image, (0, strip))
    place = (size // 3, strip // 2)
    ImageDraw.Draw(canvas).text(place, text, (255, 255, 255), ImageFont.load_default(size), anchor="lm")
    return np.asarray(canvas)
