import torch

from opsin.nn import BatchNormalization


def test_training_normalises_by_the_batch_and_moves_the_averages():
    module = BatchNormalization(momentum=0.9, epsilon=1e-3).build((4, 4, 3)).train()
    x = 5 + 2 * torch.randn(8, 3, 4, 4)
    mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
    expected = (x - mean[:, None, None]) / (variance[:, None, None] + 1e-3).sqrt()
    torch.testing.assert_close(module(x), expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(module.running_mean, 0.1 * mean)


def test_predicting_uses_the_averages():
    module = BatchNormalization(epsilon=0.5).build((3,)).eval()
    module.running_mean[:] = 2.0
    x = torch.randn(4, 3)
    torch.testing.assert_close(module(x), (x - 2) / 1.5**0.5)
