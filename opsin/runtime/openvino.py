"""A network compiled by OpenVINO (https://docs.openvino.ai)."""

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
    """The network in OpenVINO (https://docs.openvino.ai), which on Intel's and AMD's processors may answer sooner.

    All cores answer one image, or each of them `together` images of its own, so that layers do not wait for one another
    and maps stay in a core's cache. Shapes are fixed in both, as plans for any number of images take a fifth longer.
    Raises ImportError without the package, and whatever OpenVINO raises for a layer that it does not know.
    """

    def __init__(
        self, network: Sequential, preprocessing: Preprocessing, precision: torch.dtype, together: int = 8
    ) -> None:
        traced, cores = _traced(network, preprocessing), torch.get_num_threads()  # what is made of it reads its memory
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
        given, found = pixels.contiguous().numpy(), list[np.ndarray]()
        rest = len(given) - len(given) % self.at_once
        for start in range(0, rest, self.at_once):
            for number, request in enumerate(self._many):
                first = start + number * self.together
                _give(request, given[first : first + self.together])
                request.start_async()
            for request in self._many:
                request.wait()
                found.append(_taken(request))
        for number in range(rest, len(given)):
            self._pixels[...] = given[number]  # where OpenVINO has them, which is sooner than to say where they are
            self._single.infer()
            found.append(self._outputs.copy())
        return torch.from_numpy(found[0] if len(found) == 1 else np.concatenate(found))


def _traced(network: Sequential, preprocessing: Preprocessing) -> Any:
    """The network from pixels to outputs, for OpenVINO to read."""
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    whole = _ExportModule(TorchRuntime(network, preprocessing, torch.float32))
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the tracer: shapes but the batch's are fixed
        example = torch.zeros((2, *preprocessing.size), dtype=torch.uint8)
        return TorchScriptPythonDecoder(whole, example_input=(example,))


def _converted(traced: Any) -> Any:
    """As `openvino.convert_model` would, but that sends usage data and asks on the terminal whether it may."""
    from openvino.frontend import FrontEndManager

    front: Any = FrontEndManager().load_by_framework("pytorch")
    return front.convert(front.load(traced))


def _compiled(model: Any, shape: list[int], settings: dict[str, str]) -> Any:
    import openvino

    vino: Any = openvino
    model.reshape(vino.PartialShape(shape))
    return _core().compile_model(model, "CPU", settings)


def _give(request: Any, pixels: np.ndarray) -> None:
    request.set_input_tensor(_tensor()(pixels, shared_memory=True))


def _taken(request: Any) -> np.ndarray:
    """A copy of what came out, as the next answer overwrites it."""
    return np.array(request.get_output_tensor().data)


@cache
def _tensor() -> Any:
    import openvino

    vino: Any = openvino
    return vino.Tensor


@cache
def _core() -> Any:
    """OpenVINO's, kept: its library unloads with the last one, and the next signal to the process finds it gone."""
    import openvino

    return openvino.Core()


class _ExportModule(torch.nn.Module):
    """From pixels to outputs, for a tracer."""

    def __init__(self, runtime: TorchRuntime) -> None:
        super().__init__()
        self.runtime, self.network = runtime, runtime.network

    def forward(self, x: Tensor) -> Tensor:
        return self.runtime.logits(x)
