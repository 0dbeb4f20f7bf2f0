"""dlib's serialization as its source describes it, to draw small files for the tests."""

import math
from types import SimpleNamespace

import numpy as np
import pytest


def integer(value):
    count = max(1, (abs(value).bit_length() + 7) // 8)
    return bytes([count | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(count, "little")


def real(value):
    mantissa, exponent = math.frexp(value)
    return integer(int(mantissa * 2**24)) + integer(exponent - 24)


def column(values):
    return integer(-len(values)) + integer(-1) + b"".join(map(real, values))


def vector(items):
    return integer(len(items)) + b"".join(items)


def tensor(values):
    shape = (1,) * (4 - values.ndim) + values.shape
    return integer(2) + b"".join(map(integer, shape)) + values.astype("<f4").tobytes()


def trees(generator, levels=2, count=3, depth=2, landmarks=5, pixels=6):
    """A shape predictor with random numbers: its bytes and the arrays that were written."""
    splits = 2**depth - 1
    shape = generator.random(2 * landmarks).astype(np.float32)
    forests, anchors, offsets, wanted = [], [], [], []
    for _ in range(levels):
        pairs = generator.integers(0, pixels, (count, splits, 2))
        thresholds = generator.normal(size=(count, splits)).astype(np.float32)
        leaves = generator.normal(size=(count, splits + 1, 2 * landmarks)).astype(np.float32)
        anchor = generator.integers(0, landmarks, pixels)
        offset = generator.normal(size=(pixels, 2)).astype(np.float32)
        forests.append(vector([_tree(*tree) for tree in zip(pairs, thresholds, leaves, strict=True)]))
        anchors.append(vector([integer(int(one)) for one in anchor]))
        offsets.append(vector([real(float(x)) + real(float(y)) for x, y in offset]))
        wanted.append((anchor, offset, pairs, thresholds, leaves.reshape(count, splits + 1, landmarks, 2)))
    content = integer(1) + column(shape.tolist()) + vector(forests) + vector(anchors) + vector(offsets)
    return content, shape.reshape(-1, 2), wanted


def _tree(pairs, thresholds, leaves):
    splits = [integer(int(a)) + integer(int(b)) + real(float(t)) for (a, b), t in zip(pairs, thresholds, strict=True)]
    return vector(splits) + vector([column(leaf.tolist()) for leaf in leaves])


@pytest.fixture(scope="session")
def writer():
    """The functions of this file."""
    return SimpleNamespace(integer=integer, real=real, tensor=tensor, trees=trees)
