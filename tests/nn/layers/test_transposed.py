import pytest
import torch

from opsin.nn import Conv2D, Conv2DTranspose


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_it_is_the_gradient_of_the_convolution(size, strides, padding):
    """Compares with TensorFlow's definition: the gradient of a convolution from the larger to the smaller size."""
    module = Conv2DTranspose(3, size, strides, padding, use_bias=False).build((5, 4, 2))
    small = torch.randn(2, 2, 5, 4)
    large = module(small)
    forward = Conv2D(2, size, strides, padding, use_bias=False).build((*large.shape[2:], 3))
    forward.weight.data = module.convolution.weight.data
    x = torch.zeros_like(large, requires_grad=True)
    (gradient,) = torch.autograd.grad(forward(x), x, small)
    torch.testing.assert_close(large, gradient)


@pytest.mark.parametrize("more", [0, 1, 2])
def test_output_padding_lengthens_the_output(more):
    assert Conv2DTranspose(4, 4, 3, output_padding=more).output_shape((5, 6, 2)) == (16 + more, 19 + more, 4)
    assert Conv2DTranspose(4, 4, 3, "same", output_padding=more).output_shape((5, 6, 2)) == (12 + more, 15 + more, 4)
    assert Conv2DTranspose(4, 3, 3, "same", output_padding=more).output_shape((5, 6, 2)) == (13 + more, 16 + more, 4)


def test_output_padding_matches_torch_for_symmetric_padding():
    module = Conv2DTranspose(4, 3, 2, "same", output_padding=0).build((5, 6, 2))
    x, inner = torch.randn(2, 2, 5, 6), module.convolution
    expected = torch.nn.functional.conv_transpose2d(x, inner.weight, inner.bias, stride=2, padding=1)
    torch.testing.assert_close(module(x), expected)
