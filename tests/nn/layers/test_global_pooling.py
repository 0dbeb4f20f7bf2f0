import torch
import torch.nn.functional as F

from opsin.nn import GlobalAveragePooling2D, GlobalMaxPooling2D, GlobalMaxPooling3D


def test_global_pooling_matches_torch_adaptive_pooling():
    x = torch.randn(2, 3, 5, 4)
    for layer, torchs in (
        (GlobalMaxPooling2D(keepdims=True), F.adaptive_max_pool2d),
        (GlobalAveragePooling2D(keepdims=True), F.adaptive_avg_pool2d),
    ):
        torch.testing.assert_close(layer.build((5, 4, 3))(x), torchs(x, 1))
    volume = torch.randn(2, 3, 5, 4, 2)
    torch.testing.assert_close(GlobalMaxPooling3D().build((5, 4, 2, 3))(volume), volume.flatten(2).amax(2))
