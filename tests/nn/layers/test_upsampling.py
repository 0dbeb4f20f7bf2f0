import torch

from opsin.nn import UpSampling2D, UpSampling3D


def test_nearest_repeats():
    x = torch.randn(2, 3, 4, 5)
    expected = x.repeat_interleave(2, dim=2).repeat_interleave(3, dim=3)
    assert torch.equal(UpSampling2D((2, 3)).build((4, 5, 3))(x), expected)
    volume = torch.randn(1, 2, 3, 3, 3)
    assert torch.equal(UpSampling3D((1, 2, 1)).build((3, 3, 3, 2))(volume), volume.repeat_interleave(2, dim=3))


def test_bilinear_interpolates_by_distance():
    x = torch.tensor([0.0, 4.0]).reshape(1, 1, 1, 2)
    y = UpSampling2D((1, 2), interpolation="bilinear").build((1, 2, 1))(x)
    assert y.flatten().tolist() == [0.0, 1.0, 3.0, 4.0]
