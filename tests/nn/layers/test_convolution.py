import pytest
import torch
import torch.nn.functional as F

from opsin.core import NetworkError
from opsin.nn import Conv1D, Conv2D


def run(layer, x):
    module = layer.build((*x.shape[2:], x.shape[1]))
    return module(x), module


def test_valid_is_torchs_convolution():
    x = torch.randn(2, 6, 9, 8)
    y, module = run(Conv2D(4, (3, 2), strides=(2, 1), groups=2), x)
    torch.testing.assert_close(y, F.conv2d(x, module.weight, module.bias, stride=(2, 1), groups=2))


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "before", "after"),
    [(5, 3, 2, 1, 1), (6, 3, 2, 0, 1), (6, 2, 1, 0, 1), (7, 4, 1, 1, 2), (7, 1, 3, 0, 0), (224, 7, 2, 2, 3)],
)
def test_same_pads_as_tensorflow_documents(size, kernel, stride, before, after):
    x = torch.randn(1, 2, size, size)
    y, module = run(Conv2D(3, kernel, strides=stride, padding="same"), x)
    padded = F.pad(x, (before, after, before, after))
    torch.testing.assert_close(y, F.conv2d(padded, module.weight, module.bias, stride=stride))


def test_symmetric_padding_makes_no_copy():
    module = Conv2D(3, 5, padding="same", dilation_rate=2).build((9, 9, 3))
    assert (module.padding, module.same) == ((4, 4), None)


def test_padding_adapts_to_another_input_size():
    module = Conv2D(3, 3, strides=2, padding="same").build((6, 6, 3))
    x = torch.randn(1, 3, 7, 7)
    torch.testing.assert_close(module(x), F.conv2d(x, module.weight, module.bias, stride=2, padding=1))


def test_weights_are_in_channels_last_memory():
    assert Conv2D(4, 3).build((8, 8, 3)).weight.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((10,), r"\(height, width, channels\)"),
        ((2, 8, 4), "got an input of 2x8. Expected at least 3x3"),
        ((8, 8, 3), "3 channels of 8x8x3 into 2"),
    ],
)
def test_invalid_inputs_raise_an_error(shape, message):
    with pytest.raises(NetworkError, match=message):
        Conv2D(4, 3, groups=2, name="mid").output_shape(shape)


@pytest.mark.parametrize(("strides", "dilation"), [(1, 1), (2, 1), (1, 3)])
def test_causal_outputs_do_not_depend_on_later_steps(strides, dilation):
    layer = Conv1D(2, 3, strides, "causal", dilation_rate=dilation)
    module = layer.build((12, 1))
    x = torch.randn(1, 1, 12)
    assert module(x).shape == (1, 2, layer.output_shape((12, 1))[0])
    for step in range(12):
        changed = x.clone()
        changed[..., step] += 1
        same = (module(changed) == module(x)).all(dim=1)[0].tolist()
        seen = [[at * strides - back * dilation for back in range(3)] for at in range(len(same))]
        assert same == [step not in steps for steps in seen]
