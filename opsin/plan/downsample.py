"""Images reduced to few pixels, for probes."""

import numpy as np

_SIDE = 16
_CHUNK = 256


def downsample(pixels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Returns images reduced by area averaging, float32 (n, at most 16, at most 16, channels).

    Args:
        pixels: Images, uint8 (m, height, width, channels).
        rows: Indices of the n images, int64 (n,).
    """
    return np.concatenate([_downsample(pixels[rows[at : at + _CHUNK]]) for at in range(0, len(rows), _CHUNK)])


def _downsample(pixels: np.ndarray) -> np.ndarray:
    out: np.ndarray = pixels.astype(np.float32)
    for axis in (1, 2):
        side = int(pixels.shape[axis])
        edges = np.linspace(0, side, min(side, _SIDE) + 1).round().astype(np.int64)
        widths = np.diff(edges).astype(np.float32).reshape((-1, 1, 1) if axis == 1 else (-1, 1))
        out = np.add.reduceat(out, edges[:-1], axis) / widths
    return out
