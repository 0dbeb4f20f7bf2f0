import numpy as np
import pytest
import torch

from opsin.core import NetworkError
from opsin.nn import Flatten, Rescaling, Reshape


def test_order_is_height_width_channels_as_in_numpy():
    images = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    x = torch.from_numpy(images).permute(0, 3, 1, 2)
    np.testing.assert_array_equal(Flatten().build((3, 4, 5))(x).numpy(), images.reshape(2, -1))
    reshaped = Reshape((6, -1)).build((3, 4, 5))(x)
    np.testing.assert_array_equal(reshaped.permute(0, 2, 1).numpy(), images.reshape(2, 6, 10))


def test_flatten_copies_nothing_in_channels_last():
    x = torch.randn(2, 5, 3, 4).contiguous(memory_format=torch.channels_last)
    assert Flatten().build((3, 4, 5))(x).data_ptr() == x.data_ptr()


def test_rescaling():
    assert Rescaling(2, offset=-1).build((2,))(torch.tensor([[1.0, 3.0]])).tolist() == [[1.0, 5.0]]


@pytest.mark.parametrize("target", [(), (0, 3), (-1, -1), 5, (7,), (-1, 7), (1.5,)])
def test_an_impossible_shape_raises_an_error(target):
    with pytest.raises(NetworkError, match="Reshape"):
        Reshape(target).output_shape((2, 3))
