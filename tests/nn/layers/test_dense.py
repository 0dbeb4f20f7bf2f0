import torch

from opsin.nn import Dense


def test_dense_applies_to_each_position():
    module = Dense(4, activation="tanh").build((3, 3, 5))
    x = torch.randn(2, 5, 3, 3)
    expected = torch.tanh(torch.einsum("nchw,oc->nohw", x, module.weight) + module.bias[:, None, None])
    torch.testing.assert_close(module(x), expected)
