import pytest
import torch

from opsin.core import NetworkError
from opsin.nn import Cropping1D, Cropping2D, Cropping3D, ZeroPadding2D


def test_pairs_are_cropped_before_and_after_each_axis():
    x = torch.randn(2, 3, 6, 7)
    layer = Cropping2D(((1, 2), (3, 0)))
    assert torch.equal(layer.build((6, 7, 3))(x), x[:, :, 1:4, 3:])
    assert layer.output_shape((6, 7, 3)) == (3, 4, 3)


def test_cropping_inverts_zero_padding():
    x, pairs = torch.randn(2, 3, 4, 5), ((1, 2), (3, 0))
    padded = ZeroPadding2D(pairs).build((4, 5, 3))(x)
    assert torch.equal(Cropping2D(pairs).build((7, 8, 3))(padded), x)


@pytest.mark.parametrize(
    ("layer", "shape"), [(Cropping1D(2), (4, 3)), (Cropping2D((0, 3)), (9, 6, 3)), (Cropping3D(), (2, 9, 9, 1))]
)
def test_cropping_everything_raises_an_error(layer, shape):
    with pytest.raises(NetworkError, match=r"leaves no positions. Fix: crop less"):
        layer.output_shape(shape)
