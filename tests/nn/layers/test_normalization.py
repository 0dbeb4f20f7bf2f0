import torch

from opsin.nn import BatchNormalization, GroupNormalization, LayerNormalization, LayerScale


def test_training_normalizes_by_the_batch_and_updates_the_moving_averages():
    module = BatchNormalization(momentum=0.9, epsilon=1e-3).build((4, 4, 3)).train()
    x = 5 + 2 * torch.randn(8, 3, 4, 4)
    mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
    expected = (x - mean[:, None, None]) / (variance[:, None, None] + 1e-3).sqrt()
    torch.testing.assert_close(module(x), expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(module.running_mean, 0.1 * mean)


def test_evaluation_mode_uses_the_moving_averages():
    module = BatchNormalization(epsilon=0.5).build((3,)).eval()
    module.running_mean[:] = 2.0
    x = torch.randn(4, 3)
    torch.testing.assert_close(module(x), (x - 2) / 1.5**0.5)


def test_layer_normalization_is_over_the_channels_of_each_position():
    x = 3 + 2 * torch.randn(2, 6, 4, 4)
    y = LayerNormalization(epsilon=1e-6).build((4, 4, 6))(x)
    torch.testing.assert_close(y.mean(1), torch.zeros(2, 4, 4), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.var(1, unbiased=False), torch.ones(2, 4, 4), atol=1e-4, rtol=0)


def test_group_normalization_is_over_groups_and_positions():
    x = 3 + 2 * torch.randn(2, 6, 4, 4)
    y = GroupNormalization(2, epsilon=1e-6).build((4, 4, 6))(x).reshape(2, 2, -1)
    torch.testing.assert_close(y.mean(2), torch.zeros(2, 2), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.var(2, unbiased=False), torch.ones(2, 2), atol=1e-4, rtol=0)


def test_center_and_scale_remove_parameters():
    for kind in (BatchNormalization, LayerNormalization):
        names = dict(kind(center=False).build((4, 4, 6)).named_parameters())
        assert list(names) == ["weight"]
        assert not dict(kind(center=False, scale=False).build((4, 4, 6)).named_parameters())


def test_layer_scale_multiplies_each_channel():
    module = LayerScale(0.5).build((4, 4, 2))
    module.weight.data[1] = 3.0
    x = torch.randn(1, 2, 4, 4)
    torch.testing.assert_close(module(x), torch.stack([0.5 * x[:, 0], 3 * x[:, 1]], 1))
