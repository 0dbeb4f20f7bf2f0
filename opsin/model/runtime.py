"""What computes a network's outputs for pixels: PyTorch as it is, PyTorch with fused layers, or OpenVINO."""

import platform
import warnings
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from opsin.data import Preparation
from opsin.nn import Sequential
from opsin.nn.fused import fuse

_PROCESSORS = ("x86_64", "amd64")


class Runtime(Protocol):
    """Outputs before the last activation, float32, for uint8 pixels (n, height, width, channels).

    Called within `session()`, which sets what all calls need.
    """

    def session(self) -> AbstractContextManager[None]:
        """Surrounds calls."""
        ...

    def logits(self, pixels: Tensor) -> Tensor:
        """(n, units), or (n, units, height, width)."""
        ...


class TorchRuntime:
    """The network itself, on whatever device it is; it is in evaluation mode for the session."""

    def __init__(self, network: Sequential, preparation: Preparation, precision: torch.dtype) -> None:
        self.network, self.preparation, self.precision = network, preparation, precision

    @contextmanager
    def session(self) -> Generator[None]:
        training = [module for module in self.network.modules() if module.training]
        for module in training:
            module.training = False
        try:
            with _without_gradients(next(self.network.parameters()).device.type, self.precision):
                yield
        finally:
            for module in training:
                module.training = True

    def logits(self, pixels: Tensor) -> Tensor:
        return self.network.logits(self.preparation.normalize(pixels)).float()


class FusedRuntime:
    """A copy of the network with fused layers, for a processor that has the kernels."""

    def __init__(self, network: Sequential, preparation: Preparation, precision: torch.dtype) -> None:
        self.network, self.preparation, self.precision = fuse(network, precision), preparation, precision

    def session(self) -> AbstractContextManager[None]:
        return _without_gradients("cpu", self.precision)

    def logits(self, pixels: Tensor) -> Tensor:
        return self.network.logits(self.preparation.normalize(pixels)).float()


class OpenVinoRuntime:
    """The network in OpenVINO (https://docs.openvino.ai), which on Intel's and AMD's processors may answer sooner.

    Raises ImportError without the package, and whatever OpenVINO raises for a layer that it does not know.
    """

    def __init__(self, network: Sequential, preparation: Preparation, precision: torch.dtype) -> None:
        import openvino
        from openvino.frontend import FrontEndManager
        from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

        vino: Any = openvino
        whole = _Whole(TorchRuntime(network, preparation, torch.float32))
        example = torch.zeros((2, *preparation.size), dtype=torch.uint8)
        with whole.runtime.session(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the tracer: shapes but the batch's are fixed
            # openvino.convert_model would do, but it sends usage data and asks on the terminal whether it may
            front: Any = FrontEndManager().load_by_framework("pytorch")
            traced = TorchScriptPythonDecoder(whole, example_input=(example,))
            model = front.convert(front.load(traced))
        precise = {"INFERENCE_PRECISION_HINT": "bf16" if precision == torch.bfloat16 else "f32"}
        requests: list[Any] = []
        for count in (1, -1):  # a single image, as people wait for it, has a plan of its own
            model.reshape(vino.PartialShape([count, *preparation.size]))
            compiled = _core().compile_model(model, "CPU", {**precise, "PERFORMANCE_HINT": "LATENCY"})
            requests.append(compiled.create_infer_request())
        self._single, self._many = requests
        self._tensor = vino.Tensor

    def session(self) -> AbstractContextManager[None]:
        return nullcontext()

    def logits(self, pixels: Tensor) -> Tensor:
        request = self._single if len(pixels) == 1 else self._many
        request.set_input_tensor(self._tensor(pixels.contiguous().numpy(), shared_memory=True))
        request.infer()
        return torch.from_numpy(np.array(request.get_output_tensor().data))


class ByCount:
    """One runtime for a single image, another for many; `around` is the one whose session serves both."""

    def __init__(self, around: Runtime, single: Runtime, many: Runtime) -> None:
        self.around, self.single, self.many = around, single, many

    def session(self) -> AbstractContextManager[None]:
        return self.around.session()

    def logits(self, pixels: Tensor) -> Tensor:
        return (self.single if len(pixels) == 1 else self.many).logits(pixels)


@cache
def _core() -> Any:
    """OpenVINO's, kept: its library unloads with the last one, and the next signal to the process finds it gone."""
    import openvino

    return openvino.Core()


class _Whole(torch.nn.Module):
    """From pixels to outputs, for a tracer."""

    def __init__(self, runtime: TorchRuntime) -> None:
        super().__init__()
        self.runtime, self.network = runtime, runtime.network

    def forward(self, x: Tensor) -> Tensor:
        return self.runtime.logits(x)


def has_kernels(network: Sequential) -> bool:
    """Whether `FusedRuntime` can take the network: it has weights, and they are on an x86-64 processor with oneDNN."""
    first = next(network.parameters(), None)
    on_processor = first is not None and first.device.type == "cpu"
    return on_processor and torch.backends.mkldnn.is_available() and platform.machine().lower() in _PROCESSORS


@contextmanager
def _without_gradients(device: str, precision: torch.dtype) -> Generator[None]:
    with torch.inference_mode(), torch.autocast(device, precision, enabled=precision != torch.float32):
        yield
