"""The PyTorch networks in `onnxruntime`, `openvino` (float32) or `openvino-bf16`."""

import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
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
    run = onnx(model, images) if KIND == "onnxruntime" else openvino(model, images)
    given = images.numpy()

    def work() -> int:
        run(given)
        return batch

    return work


def onnx(model: torch.nn.Module, images: torch.Tensor):
    """Returns a session on all cores."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        torch.onnx.export(model, (images,), str(path), dynamo=False, input_names=["images"])
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda given: session.run(None, {"images": given})


def openvino(model: torch.nn.Module, images: torch.Tensor):
    """Compiles the model with the latency hint."""
    import openvino as ov

    converted = ov.convert_model(model, example_input=images, input=tuple(images.shape))
    precision = "bf16" if KIND.endswith("bf16") else "f32"
    hints = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
    compiled = ov.Core().compile_model(converted, "CPU", hints)
    return lambda given: np.asarray(compiled(given)[0])


if __name__ == "__main__":
    serve(prepare)
