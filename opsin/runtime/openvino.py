"""Runtime that compiles a network by OpenVINO (https://docs.openvino.ai)."""

import threading
import warnings
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from opsin.data import Preprocessing
from opsin.nn import Sequential

from .backends import TorchRuntime


class OpenVinoRuntime:
    """The network compiled by OpenVINO, which may be faster on processors of Intel and AMD. Safe to call from threads.

    All cores compute one image, or each of them `together` images of its own, so that layers do not wait for one
    another and feature maps stay in a core's cache. Shapes are fixed in both, since plans for any number of images take
    a fifth longer. Threads wait for each other, since requests and their memory are used again.

    Args:
        network: Network; its weights are copied.
        preprocessing: Preprocessing of its pixels.
        precision: Number format of products.
        together: Images of each core at a time.

    Raises:
        ImportError: OpenVINO is not installed.
        Exception: Whatever OpenVINO raises for a layer that it does not support.
    """

    def __init__(
        self, network: Sequential, preprocessing: Preprocessing, precision: torch.dtype, together: int = 8
    ) -> None:
        self._lock = threading.Lock()
        traced, cores = _traced(network, preprocessing), torch.get_num_threads()  # the model reads its memory
        model = _converted(traced)
        precise = {"INFERENCE_PRECISION_HINT": "bf16" if precision == torch.bfloat16 else "f32"}
        single = {**precise, "PERFORMANCE_HINT": "LATENCY"}
        self.together, self.at_once = together, cores * together
        self._single = _compiled(model, [1, *preprocessing.size], single).create_infer_request()
        self._pixels, self._outputs = self._single.get_input_tensor().data, self._single.get_output_tensor().data
        many = {**precise, "NUM_STREAMS": str(cores), "INFERENCE_NUM_THREADS": str(cores)}
        compiled = _compiled(model, [together, *preprocessing.size], many)
        self._many = [compiled.create_infer_request() for _ in range(cores)]

    def logits(self, pixels: Tensor) -> Tensor:
        """Computes logits as `Runtime.logits`."""
        with self._lock:
            outputs = self._infer(pixels.contiguous().numpy())
        return torch.from_numpy(outputs[0] if len(outputs) == 1 else np.concatenate(outputs))

    def _infer(self, pixels: np.ndarray) -> list[np.ndarray]:
        outputs: list[np.ndarray] = []
        rest = len(pixels) - len(pixels) % self.at_once
        for start in range(0, rest, self.at_once):
            for index, request in enumerate(self._many):
                first = start + index * self.together
                _set_input(request, pixels[first : first + self.together])
                request.start_async()
            for request in self._many:
                request.wait()
                outputs.append(_copy_output(request))
        for index in range(rest, len(pixels)):
            self._pixels[...] = pixels[index]  # OpenVINO's own memory, faster than passing an address
            self._single.infer()
            outputs.append(self._outputs.copy())
        return outputs


def _traced(network: Sequential, preprocessing: Preprocessing) -> Any:
    """Returns the traced network from pixels to logits."""
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    whole = _ExportModule(TorchRuntime(network, preprocessing, torch.float32))
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns that all shapes but the batch are fixed
        example = torch.zeros((2, *preprocessing.size), dtype=torch.uint8)
        return TorchScriptPythonDecoder(whole, example_input=(example,))


def _converted(traced: Any) -> Any:
    """Converts as `openvino.convert_model`, which sends usage data and asks for consent on the terminal."""
    from openvino.frontend import FrontEndManager

    front: Any = FrontEndManager().load_by_framework("pytorch")
    return front.convert(front.load(traced))


def _compiled(model: Any, shape: list[int], settings: dict[str, str]) -> Any:
    import openvino

    vino: Any = openvino
    model.reshape(vino.PartialShape(shape))
    return _core().compile_model(model, "CPU", settings)


def _set_input(request: Any, pixels: np.ndarray) -> None:
    request.set_input_tensor(_tensor()(pixels, shared_memory=True))


def _copy_output(request: Any) -> np.ndarray:
    """Returns a copy of the output, which the next request overwrites."""
    return np.array(request.get_output_tensor().data)


@cache
def _tensor() -> Any:
    import openvino

    vino: Any = openvino
    return vino.Tensor


@cache
def _core() -> Any:
    """Returns one core for the process: the library unloads with the last one, and a later signal would crash."""
    import openvino

    return openvino.Core()


class _ExportModule(torch.nn.Module):
    """A module from pixels to logits, for the tracer."""

    def __init__(self, runtime: TorchRuntime) -> None:
        super().__init__()
        self.runtime, self.network = runtime, runtime.network

    def forward(self, x: Tensor) -> Tensor:
        return self.runtime.logits(x)
