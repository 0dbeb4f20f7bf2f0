import torch

from opsin.nn import Dropout, SpatialDropout2D


def test_dropped_values_are_zero_and_others_scaled():
    module, x = Dropout(0.25).build((40, 40, 8)).train(), torch.ones(4, 8, 40, 40)
    y = module(x)
    assert abs((y == 0).float().mean() - 0.25) < 0.02
    torch.testing.assert_close(y[y != 0], torch.full_like(y[y != 0], 1 / 0.75))
    assert torch.equal(module.eval()(x), x)


def test_spatial_dropout_drops_whole_channels():
    y = SpatialDropout2D(0.5).build((6, 6, 64)).train()(torch.ones(4, 64, 6, 6))
    assert set((y == 0).float().mean((2, 3)).unique().tolist()) == {0.0, 1.0}
