"""Pixels as small pictures inside the page."""

import base64
from io import BytesIO

import numpy as np
from PIL import Image

LARGE_PNG = 3000
JPEG_QUALITY = 82


def picture(pixels: np.ndarray, most: int) -> str:
    """uint8 (height, width, 1 or 3) as a data URI, its longer side at most `most` pixels.

    Small pictures are kept exactly (PNG); where that would be large they are JPEG.
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
    """An SVG as a data URI: shown as a picture it can neither run nor load anything."""
    return _uri("image/svg+xml", svg.encode())


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
