import numpy as np
import torch

from opsin.nn import Dense, Flatten


def test_flatten_has_the_order_of_numpys_height_width_channels():
    images = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    flat = Flatten().build((3, 4, 5))(torch.from_numpy(images).permute(0, 3, 1, 2))
    np.testing.assert_array_equal(flat.numpy(), images.reshape(2, -1))


def test_flatten_copies_nothing_in_channels_last():
    x = torch.randn(2, 5, 3, 4).contiguous(memory_format=torch.channels_last)
    assert Flatten().build((3, 4, 5))(x).data_ptr() == x.data_ptr()


def test_dense_on_a_map_acts_on_each_position():
    module = Dense(4, activation="tanh").build((3, 3, 5))
    x = torch.randn(2, 5, 3, 3)
    expected = torch.tanh(torch.einsum("nchw,oc->nohw", x, module.weight) + module.bias[:, None, None])
    torch.testing.assert_close(module(x), expected)
