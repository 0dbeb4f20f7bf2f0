"""Images as data URIs."""

import base64
from io import BytesIO

import numpy as np
from PIL import Image

LARGE_PNG = 3000
"""Size in bytes above which a picture is written as JPEG instead of PNG."""
JPEG_QUALITY = 82


def picture(pixels: np.ndarray, most: int) -> str:
    """Encodes pixels as a data URI: PNG up to 3,000 bytes, else JPEG.

    Args:
        pixels: uint8 (height, width, 1 or 3).
        most: Maximum length of the longer side in pixels; larger images are scaled down.
    """
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    if max(image.size) > most:
        image.thumbnail((most, most), Image.Resampling.LANCZOS)
    file = BytesIO()
    image.save(file, "png")
    if file.tell() <= LARGE_PNG:
        return _uri("image/png", file.getvalue())
    smaller = BytesIO()
    image.save(smaller, "jpeg", quality=JPEG_QUALITY, optimize=True)
    return _uri("image/jpeg", smaller.getvalue())


def svg_picture(svg: str) -> str:
    """Encodes an SVG as a data URI; as an image it can neither run scripts nor load other files."""
    return _uri("image/svg+xml", svg.encode())


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
