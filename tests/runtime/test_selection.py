"""Answers are those of the network as it is now, however it was made ready before."""

import copy
import platform
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import numpy as np
import pytest
import torch

from opsin import zoo
from opsin.core import OpsinError, OutputSpec
from opsin.data import ImagePreprocessing
from opsin.model import Model
from opsin.model.test_time_augmentation import tta_average
from opsin.nn import Activation, Sequential
from opsin.runtime.backends import FusedRuntime, RuntimeCache, TorchRuntime
from opsin.tasks import Classify, Detect, Segment

SIZE = (40, 32, 3)
PIXELS = np.random.default_rng(0).integers(0, 256, (9, *SIZE), np.uint8)
on_x86 = pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="kernels are x86-64's")


def model_of(name="resnet_small", layout="vector"):
    torch.manual_seed(0)
    task = Classify(("a", "b", "c")) if layout == "vector" else Segment(("background", "cell"))
    network = zoo.create(name, SIZE, task.units, output=OutputSpec(layout), seed=0)
    torch.nn.init.normal_(list(network.parameters())[-1], 0, 1)
    torch.nn.init.normal_(list(network.parameters())[-2], 0, 0.2)
    return Model(network.eval(), task, ImagePreprocessing(*SIZE, (0.5,) * 3, (0.25,) * 3))


def plainly(model):
    """Answers in float32 by torch alone."""
    with torch.inference_mode():
        return model.network.logits(model.preprocessing.normalize(torch.from_numpy(PIXELS))).numpy()


def close(one, other):
    return np.abs(one - other).max() <= 0.03 * np.abs(other).max()


CHANGES = {
    "in place": lambda network: network.load_state_dict({k: 1.5 * v for k, v in network.state_dict().items()}),
    "an optimizer": lambda network: _stepped(network),
    "an optimizer in evaluation mode": lambda network: _tuned(network),
    "statistics": lambda network: [
        module.running_mean.add_(1.0) for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)
    ],
    "new values": lambda network: setattr(network.stem.weight, "data", network.stem.weight * 3),
    "another weight": lambda network: setattr(
        list(network.children())[-1], "bias", torch.nn.Parameter(torch.tensor([5.0, 0.0, -5.0]))
    ),
}


def _stepped(network):
    network.train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.3, fused=True)
    for weight in network.parameters():
        weight.grad = torch.ones_like(weight)
    optimizer.step()
    network.eval()


def _tuned(network):
    """Trained in evaluation mode, as with statistics that stay."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.3, fused=True)
    with torch.enable_grad():
        network(torch.randn(4, 3, 40, 32))[:, 0].sum().backward()
    optimizer.step()


@pytest.mark.parametrize("change", CHANGES)
def test_changed_weights_change_the_answers(change):
    model = model_of()
    before = model.predict_batch(PIXELS)
    assert close(before, plainly(model))
    with torch.no_grad():
        CHANGES[change](model.network)
    after = model.predict_batch(PIXELS)
    assert not close(after, before) and close(after, plainly(model))


def test_a_shallow_copy_with_another_network_answers_for_itself():
    model = model_of()
    first = model.predict_batch(PIXELS)
    other = copy.copy(model)
    other.network = copy.deepcopy(model.network)
    with torch.no_grad():
        list(other.network.parameters())[-1].add_(torch.tensor([3.0, -3.0, 0.0]))
    assert not close(other.predict_batch(PIXELS), first)
    np.testing.assert_array_equal(model.predict_batch(PIXELS), first)


@on_x86
def test_it_is_made_once_and_not_for_training():
    model = model_of()
    selection, what = RuntimeCache(), (model.network, model.preprocessing)
    first = selection.runtime(*what)
    assert isinstance(first, FusedRuntime) and selection.runtime(*what) is first
    model.network.train()
    assert model.predict_batch(PIXELS).shape == (9, 3) and model.network.training


def test_weights_made_without_gradients_answer_too():
    with torch.inference_mode():
        model = model_of()
    assert close(model.predict_batch(PIXELS), plainly(model))


@on_x86
@pytest.mark.parametrize(("name", "layout"), [("simple", "vector"), ("resnet18", "vector"), ("unet_small", "map")])
def test_openvino_answers_alike_until_weights_change(name, layout):
    pytest.importorskip("openvino")
    model = model_of(name, layout)
    before = model.predict_batch(PIXELS)
    said = model.accelerate()
    assert "ms with OpenVINO" in said
    again, one = model.predict_batch(PIXELS), model.predict_batch(PIXELS[:1])
    if layout == "vector":
        assert close(again, plainly(model)) and close(one, plainly(model)[:1])
        with torch.no_grad():
            list(model.network.parameters())[-1].add_(torch.tensor([40.0, -40.0, 0.0]))
        assert close(model.predict_batch(PIXELS), plainly(model))
    else:
        assert (again[..., 0] == before[..., 0]).mean() > 0.99


@on_x86
def test_openvino_stays_away_where_it_answers_otherwise(monkeypatch):
    pytest.importorskip("openvino")
    from opsin.runtime import selection

    monkeypatch.setattr(selection, "OpenVinoRuntime", lambda *given: Other(*given, factor=2))
    model = model_of()
    before = model.predict_batch(PIXELS)
    assert "PyTorch stays" in model.accelerate()
    np.testing.assert_array_equal(model.predict_batch(PIXELS), before)


class Other(FusedRuntime):
    """Stands for OpenVINO, and says how many images it was asked for."""

    at_once = 8

    def __init__(self, network, preprocessing, precision, together, factor=1, asked=None):
        super().__init__(network, preprocessing, precision)
        self.factor, self.asked = factor, [] if asked is None else asked

    def logits(self, pixels):
        self.asked.append(len(pixels))
        return super().logits(pixels) * self.factor


@on_x86
@pytest.mark.parametrize(
    "chosen", [(True, False, False), (False, True, False), (False, False, True), (True,) * 3, (False,) * 3]
)
def test_one_image_few_and_many_have_the_runtime_that_is_sooner_for_them(chosen, monkeypatch):
    from opsin.runtime import selection

    asked, turns = [], iter(chosen)
    monkeypatch.setattr(selection, "OpenVinoRuntime", lambda *given: Other(*given, asked=asked))
    monkeypatch.setattr(selection, "_seconds", lambda own, other: [1.0, 0.5 if next(turns) else 2.0])
    model = model_of()
    before = model.predict_batch(PIXELS)
    said = model.accelerate()
    assert said.count("OpenVINO for") == sum(chosen) and said.count("PyTorch for") == 3 - sum(chosen)
    asked.clear()
    for count in (1, 7, 9):
        assert close(model.predict_batch(PIXELS[:count]), before[:count])
    assert asked == [count for count, other in zip((1, 7, 9), chosen, strict=True) if other]
    assert model.supports_threads == (not any(chosen))
    with torch.no_grad():
        next(model.network.parameters()).add_(0.1)
    asked.clear()
    model.predict_batch(PIXELS)
    assert not asked


@on_x86
@pytest.mark.parametrize("count", [1, 3, 16, 37])
def test_openvino_answers_any_number_of_images_in_their_order(count):
    pytest.importorskip("openvino")
    from opsin.runtime.openvino import OpenVinoRuntime

    model = model_of()
    pixels = np.random.default_rng(1).integers(0, 256, (count, *SIZE), np.uint8)
    pixels[::2] //= 4
    runtime = OpenVinoRuntime(model.network, model.preprocessing, torch.float32, together=4)
    with torch.inference_mode():
        expected = model.network.logits(model.preprocessing.normalize(torch.from_numpy(pixels))).numpy()
    np.testing.assert_allclose(runtime.logits(torch.from_numpy(pixels)).numpy(), expected, rtol=1e-3, atol=1e-3)


@on_x86
def test_a_missing_or_unable_openvino_is_said_in_a_line(monkeypatch):
    import builtins

    real = builtins.__import__

    def without(name, *rest):
        if name == "openvino":
            raise ImportError("No module named 'openvino'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(OpsinError, match=r"pip install '\.\[fast\]'"):
        model_of().accelerate()


@pytest.mark.parametrize("tta", ["hflip", "hflip_shift"])
def test_views_are_looked_at_by_every_runtime(tta):
    model = model_of()
    model.tta = tta
    fused = model.predict_batch(PIXELS)
    runtime = TorchRuntime(model.network, model.preprocessing, torch.float32)
    expected = tta_average(runtime.logits, torch.from_numpy(PIXELS), tta).numpy()
    assert close(fused, expected)
    if platform.machine().lower() in ("x86_64", "amd64") and find_spec("openvino"):
        model.accelerate()
        assert close(model.predict_batch(PIXELS), expected)


def test_a_network_without_weights_is_taken_as_it_is():
    network = Sequential([Activation("relu")], input_shape=SIZE, seed=0)
    runtime = RuntimeCache().runtime(network, ImagePreprocessing(*SIZE, (0.5,) * 3, (0.25,) * 3))
    assert isinstance(runtime, TorchRuntime)


def test_hooks_of_layers_are_called():
    model = model_of()
    model.predict_batch(PIXELS)
    seen = []
    hook = list(model.network.children())[-1].register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    model.predict_batch(PIXELS)
    assert sum(map(len, seen)) == len(PIXELS)
    hook.remove()
    assert close(model.predict_batch(PIXELS), plainly(model)) and len(seen) == 1


AFTER = """
import os, signal, sys
import numpy as np
import torch
from opsin import zoo
from opsin.data import ImagePreprocessing
from opsin.runtime import selection
from opsin.model import Model
from opsin.tasks import Classify

size = (32, 32, 3)
preprocessing = ImagePreprocessing(*size, (0.5,) * 3, (0.2,) * 3)
model = Model(zoo.create("simple", size, 2, seed=0), Classify(("a", "b")), preprocessing)
selection.select_backend(model._ready, model.network, model.preprocessing, 1)
del model
signal.signal(signal.SIGINT, lambda *_: print("asked"))
os.kill(os.getpid(), signal.SIGINT)
"""


@on_x86
def test_a_signal_after_openvino_is_gone_is_heard():
    pytest.importorskip("openvino")
    ran = subprocess.run([sys.executable, "-c", AFTER], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (0, "asked\n"), ran.stderr


@on_x86
def test_a_confidence_threshold_keeps_the_runtime(monkeypatch):
    from opsin.runtime import backends, selection

    built, asked = [], []
    monkeypatch.setattr(backends, "FusedRuntime", lambda *given: built.append(1) or FusedRuntime(*given))
    monkeypatch.setattr(selection, "OpenVinoRuntime", lambda *given: Other(*given, asked=asked))
    monkeypatch.setattr(selection, "_seconds", lambda own, other: [2.0, 1.0])
    output = OutputSpec("grid")
    network = zoo.create("detector_small", (96, 96, 3), Detect(("cell",)).units, output=output, seed=0).eval()
    torch.manual_seed(0)
    torch.nn.init.normal_(list(network.parameters())[-2], 0, 0.5)
    torch.nn.init.normal_(list(network.parameters())[-1], 0, 0.1)
    model = Model(network, Detect(("cell",)), ImagePreprocessing(96, 96, 3, (0.5,) * 3, (0.25,) * 3))
    image = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
    all_boxes, few = (len(model.predict(image, confidence=least)[0]["boxes"]) for least in (0.0, 0.9))
    assert all_boxes > few and len(built) == 1
    model.accelerate()
    asked.clear()
    for least in (0.1, 0.5, 0.9):
        model.predict(image, confidence=least)
    assert asked == [1, 1, 1] and len(built) == 1


@pytest.mark.parametrize("hooked", [False, True])
def test_threads_predict_while_the_network_is_trained(hooked):
    """With a hook the network's own layers run; neither way may see or change its training mode."""
    network = zoo.create("resnet_small", SIZE, 3, seed=0).eval()
    preprocessing = ImagePreprocessing(*SIZE, (0.5,) * 3, (0.25,) * 3)
    if hooked:
        next(network.children()).register_forward_hook(lambda *_: None)
    cache, pixels = RuntimeCache(), torch.from_numpy(PIXELS)
    expected = cache.runtime(network, preprocessing).logits(pixels)
    network.train()
    modes, stopped = [], threading.Event()

    def watch():
        while not stopped.is_set():
            modes.append(all(module.training for module in network.modules()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            tasks = [pool.submit(lambda: cache.runtime(network, preprocessing).logits(pixels)) for _ in range(24)]
            found = [task.result() for task in tasks]
    finally:
        stopped.set()
        watcher.join()
    assert all(modes) and len(modes) > 10
    for one in found:
        torch.testing.assert_close(one, expected, rtol=1e-2, atol=1e-2)


@on_x86
def test_threads_share_openvino():
    pytest.importorskip("openvino")
    from opsin.runtime.openvino import OpenVinoRuntime

    model = model_of()
    runtime = OpenVinoRuntime(model.network, model.preprocessing, torch.float32, together=2)
    batches = [torch.from_numpy(np.roll(PIXELS, shift, axis=0)[:count]) for shift in range(8) for count in (1, 5)]
    expected = [runtime.logits(batch) for batch in batches]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(runtime.logits, batches * 3))
    for one, other in zip(found, expected * 3, strict=True):
        torch.testing.assert_close(one, other)


def test_any_optimizer_step_is_noticed_and_training_mode_alone_is_not():
    network = model_of().network
    preprocessing = ImagePreprocessing(*SIZE, (0.5,) * 3, (0.25,) * 3)
    cache = RuntimeCache()
    first = cache.runtime(network, preprocessing)
    network.train().eval()
    assert not isinstance(first, FusedRuntime) or cache.runtime(network, preprocessing) is first
    for weight in network.parameters():
        weight.data.add_(1e-3)  # not counted by torch
    assert cache.runtime(network, preprocessing) is not first
