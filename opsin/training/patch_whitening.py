"""Initialization of a network's first convolution as a whitening of image patches, whose pixels are correlated."""

import numpy as np
import torch
from torch import nn

from opsin.data import Preprocessing

MAX_IMAGES, MAX_PIXELS = 1000, 2**21
"""Maximum number of images and of pixels from which the covariance of patches is estimated."""


def init_whitening_stem(network: nn.Module, preprocessing: Preprocessing, pixels: np.ndarray, rows: np.ndarray) -> bool:
    """Initializes the layer named "stem" to whiten image patches, and freezes its kernels.

    The kernels come in pairs of opposite sign, so that a ReLU after them loses no information (Page 2018; Jordan 2024,
    arXiv:2404.00498). Only a stem with twice as many filters as a patch has values is changed.

    Args:
        network: The network, changed in place.
        preprocessing: Normalization of the pixels.
        pixels: uint8 (n, height, width, channels).
        rows: Indices of the training images in `pixels`; a sample of them is used.

    Returns:
        True when the network has such a stem.
    """
    stem = next((module for name, module in network.named_modules() if name.split(".")[-1] == "stem"), None)
    stem = next((module for module in stem.modules() if isinstance(module, nn.Conv2d)), None) if stem else None
    if stem is None or stem.weight[0].numel() * 2 != stem.out_channels:
        return False
    most = max(1, min(MAX_IMAGES, MAX_PIXELS // (pixels.shape[1] * pixels.shape[2])))
    sample = torch.from_numpy(pixels[rows[:: max(1, -(-len(rows) // most))]])
    images = preprocessing.normalize(sample.to(stem.weight.device))
    height, width = stem.kernel_size
    patches = images.unfold(2, height, 1).unfold(3, width, 1).permute(0, 2, 3, 1, 4, 5)
    patches = patches.reshape(-1, stem.weight[0].numel()).double()
    values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
    kernels = (vectors / (values + 5e-4 * values.max() + 1e-12).sqrt()).T.flip(0).float()
    with torch.no_grad():
        stem.weight.copy_(torch.cat([kernels, -kernels]).reshape(stem.weight.shape))
        if stem.bias is not None:
            stem.bias.zero_()
    stem.weight.requires_grad_(False)
    return True
