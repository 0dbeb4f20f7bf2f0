import pytest
import torch

from opsin.nn import Conv2D, Conv2DTranspose


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_it_is_the_gradient_of_the_convolution_it_reverses(size, strides, padding):
    """TensorFlow's definition; the larger map has the size that the convolution makes the smaller map of."""
    module = Conv2DTranspose(3, size, strides, padding, use_bias=False).build((5, 4, 2))
    small = torch.randn(2, 2, 5, 4)
    large = module(small)
    forward = Conv2D(2, size, strides, padding, use_bias=False).build((*large.shape[2:], 3))
    forward.weight.data = module.convolution.weight.data
    x = torch.zeros_like(large, requires_grad=True)
    (gradient,) = torch.autograd.grad(forward(x), x, small)
    torch.testing.assert_close(large, gradient)
