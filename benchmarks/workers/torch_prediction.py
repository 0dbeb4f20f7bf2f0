"""Plain PyTorch in inference mode: `nchw`, `channels_last`, `bf16` (channels_last under autocast), or `frozen`.

`frozen` is what the documentation of torch.jit advises: traced, frozen, fused for inference, channels_last.
"""

import sys
import warnings
from contextlib import nullcontext

import torch
from serving import Work, serve
from torch_networks import NETWORKS

KIND = sys.argv[1]


def prepare(network: str, side: int, batch: int) -> Work:
    """Prepares one call for `batch` float32 images in memory."""
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    model = NETWORKS[network](side).eval()
    images = torch.rand(batch, 3, side, side)
    if KIND != "nchw":
        model, images = model.to(memory_format=torch.channels_last), images.to(memory_format=torch.channels_last)
    if KIND == "frozen":
        with torch.inference_mode():
            model = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, images)))

    def work() -> int:
        with (
            torch.inference_mode(),
            torch.autocast("cpu", torch.bfloat16) if KIND == "bf16" else nullcontext(),
        ):
            model(images).float().numpy()
        return batch

    return work


if __name__ == "__main__":
    serve(prepare)
