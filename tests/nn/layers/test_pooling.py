import numpy as np
import pytest
import torch

from opsin.nn import AveragePooling2D, MaxPooling2D
from opsin.nn.padding import same_padding


def by_hand(x, size, stride, same, reduce):
    """Computes each window in a loop, ignoring positions outside of the input."""
    height, width = x.shape[2:]
    begin = [same_padding(n, size, stride)[0] if same else 0 for n in (height, width)]
    count = [-(-n // stride) if same else (n - size) // stride + 1 for n in (height, width)]
    y = np.empty((*x.shape[:2], *count), np.float32)
    for i, j in np.ndindex(*count):
        top, left = i * stride - begin[0], j * stride - begin[1]
        y[:, :, i, j] = reduce(x[:, :, max(top, 0) : top + size, max(left, 0) : left + size], axis=(2, 3))
    return y


@pytest.mark.parametrize("same", [False, True])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize(("kind", "reduce"), [(MaxPooling2D, np.max), (AveragePooling2D, np.mean)])
def test_outputs_match_a_loop_over_windows(kind, reduce, size, stride, same):
    x = (
        np.random.default_rng(0).normal(size=(2, 3, 7, 6)).astype(np.float32) - 3
    )  # negative, so that zero padding would be noticed
    y = kind(size, stride, "same" if same else "valid").build((7, 6, 3))(torch.from_numpy(x))
    np.testing.assert_allclose(y.numpy(), by_hand(x, size, stride, same, reduce), atol=1e-5)


@pytest.mark.parametrize("size", [(16, 64, 64), (17, 63, 64), (64, 64, 65)])
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_large_maps_give_torchs_numbers_in_torchs_order(size, kind):
    x = torch.randn(1, size[0], 4 * size[1], 4 * size[2]).to(kind).contiguous(memory_format=torch.channels_last)
    x[0, 0, 0, 0] = float("nan")
    module = MaxPooling2D().build(tuple(x.shape[i] for i in (2, 3, 1)))
    found, expected = module(x), torch.nn.functional.max_pool2d(x, 2)
    torch.testing.assert_close(found, expected, rtol=0, atol=0, equal_nan=True)
    assert found.stride() == expected.stride()
    assert torch.equal(module(x.requires_grad_()).detach().nan_to_num(), found.nan_to_num())
