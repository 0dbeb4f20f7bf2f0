import base64
from io import BytesIO

import numpy as np
from PIL import Image

from opsin.report.pictures import picture, svg_picture


def opened(uri):
    return np.array(Image.open(BytesIO(base64.b64decode(uri.partition(",")[2]))))


def test_a_small_picture_is_kept_exactly():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    assert (opened(picture(pixels, 100)) == pixels).all()
    assert (opened(picture(pixels[:, :, :1], 100)) == pixels[:, :, 0]).all()


def test_a_large_picture_is_made_small():
    pixels = np.random.default_rng(0).integers(0, 256, (400, 200, 3), np.uint8)
    uri = picture(pixels, 100)
    assert opened(uri).shape == (100, 50, 3)
    assert len(uri) < 12_000


def test_a_drawing_becomes_a_picture():
    uri = svg_picture("<svg>é</svg>")
    assert base64.b64decode(uri.partition(",")[2]).decode() == "<svg>é</svg>"
