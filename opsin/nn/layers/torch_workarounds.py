"""Maps of one channel and a single window along the width, which PyTorch 2.13 gets wrong under strides."""

from torch import Tensor


def only_one_fits(x: Tensor, extent: int, stride: int) -> bool:
    """Whether a map (n, 1, ..., width) has one window along the width, `extent` wide, where windows move by `stride`.

    Then torch computes with numbers that are not in the map, if that lies as channels last. Where windows move by one
    it does not; so the map is cut to its first `extent` columns, which is all that the window sees.
    """
    return x.shape[1] == 1 and stride > 1 and extent <= x.shape[-1] < extent + stride
