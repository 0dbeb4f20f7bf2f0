import torch
import torch.nn.functional as F

from opsin.nn import ZeroPadding2D


def test_pairs_are_before_and_after_each_axis():
    x = torch.randn(2, 3, 4, 5)
    y = ZeroPadding2D(((1, 2), (3, 0))).build((4, 5, 3))(x)
    assert torch.equal(y, F.pad(x, (3, 0, 1, 2)))
