"""The interpreter of the page computes what PyTorch computes, for every kind of layer and each family of networks."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

import opsin
from opsin import nn, zoo
from opsin.core import NetworkError, OutputSpec
from opsin.report.inside.program import program_of

NODE = shutil.which("node")
SCRIPT = (Path(opsin.__file__).parent / "report" / "inside" / "network.js").read_text(encoding="utf-8")
MAIN = """
const fs = require('fs'), read = name => new Uint8Array(fs.readFileSync(process.argv[2] + '/' + name));
const W = {halves: halfToFloat(read('halves')), floats: new Float32Array(read('floats').buffer)};
const [h, w, c] = JSON.parse(process.argv[3]), ops = JSON.parse(fs.readFileSync(process.argv[2] + '/ops'));
const y = run(ops, {d: new Float32Array(read('x').buffer), h, w, c}, W);
console.log(JSON.stringify(Array.from(y.d)));
"""
needs_node = pytest.mark.skipif(
    NODE is None, reason="node is not installed; the page is tested in it without a browser"
)


def compare(network, folder):
    """Returns the largest difference of the logits, relative to the largest logit."""
    torch.manual_seed(0)
    for name, value in network.state_dict().items():
        if name.endswith("running_mean"):
            value.normal_(0, 0.2)
        elif name.endswith("running_var"):
            value.uniform_(0.5, 1.5)
        elif value.ndim > 1 and not value.any():  # initialized to zero
            value.normal_(0, 0.1)
    network.eval()
    program, x = program_of(network), torch.randn(1, network.input_shape[-1], *network.input_shape[:2])
    with torch.inference_mode():
        expected = network.logits(x)[0].movedim(0, -1).flatten().numpy()
    halves, floats = program.weights
    pixels = np.ascontiguousarray(x[0].permute(1, 2, 0).numpy().astype("<f4")).tobytes()
    for name, content in (
        ("halves", halves),
        ("floats", floats),
        ("x", pixels),
        ("ops", json.dumps(program.ops).encode()),
    ):
        (folder / name).write_bytes(content)
    (folder / "main.js").write_text(SCRIPT + MAIN, encoding="utf-8")
    command = [NODE, str(folder / "main.js"), str(folder), json.dumps(network.input_shape)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return np.abs(np.array(json.loads(ran.stdout)) - expected).max() / np.abs(expected).max()


@needs_node
@pytest.mark.parametrize(
    "name", ["simple", "resnet_tiny", "lenet", "efficientnet_lite0", "convnext_atto", "unet_small"]
)
def test_a_zoo_network_gives_the_same_logits_within_one_per_cent(name, tmp_path):
    layout = "map" if name == "unet_small" else "vector"
    network = zoo.create(name, (48, 48, 3), 6, output=OutputSpec(layout), seed=0)
    assert compare(network, tmp_path) < 0.01


@needs_node
@pytest.mark.parametrize(
    "layers",
    [
        [nn.Conv2D(8, 3, strides=2, padding="same", activation="gelu"), nn.GroupNormalization(4)],
        [nn.Conv2D(6, 3, groups=3, dilation_rate=2), nn.LeakyReLU(), nn.PReLU()],
        [nn.SeparableConv2D(8, 3, strides=2, padding="same", activation="silu"), nn.LayerNormalization()],
        [nn.DepthwiseConv2D(3, depth_multiplier=2, activation="relu6"), nn.AveragePooling2D(3, 2, padding="same")],
        [nn.Conv2DTranspose(6, 3, strides=2, padding="same", activation="tanh"), nn.MaxPooling2D(2, padding="same")],
        [nn.Conv2DTranspose(4, 4, strides=3), nn.Cropping2D(((1, 0), (2, 1))), nn.ELU()],
        [nn.UpSampling2D((2, 3), interpolation="bilinear"), nn.ZeroPadding2D(1), nn.Activation("hard_swish")],
        [
            nn.UpSampling2D(2),
            nn.Residual([nn.Conv2D(3, 3, padding="same"), nn.LayerScale(0.5)]),
            nn.Rescaling(0.5, 1.0),
        ],
        [nn.Parallel([[nn.Conv2D(4, 1)], [nn.Conv2D(5, 3, padding="same")]]), nn.Dropout(0.5), nn.BatchNormalization()],
        [
            nn.Parallel(
                [[], [nn.GlobalMaxPooling2D(keepdims=True), nn.Conv2D(3, 1, activation="sigmoid")]], merge="multiply"
            )
        ],
        [nn.Skip([nn.MaxPooling2D(2), nn.UpSampling2D(2)]), nn.Flatten(), nn.Dense(7), nn.Softmax()],
        [nn.Conv2D(4, 3), nn.GlobalAveragePooling2D(), nn.Dense(5, activation="softmax")],
    ],
)
def test_each_kind_of_layer_gives_the_same_values(layers, tmp_path):
    assert compare(nn.Sequential(layers, input_shape=(14, 12, 3), seed=0), tmp_path) < 0.01


def test_a_layer_that_the_page_cannot_run_is_named():
    network = nn.Sequential(
        [nn.Conv2D(4, 3, activation="mish"), nn.Flatten(), nn.Dense(2)], input_shape=(8, 8, 1), seed=0
    )
    with pytest.raises(NetworkError, match=r"activation mish cannot run on the page. Expected one of linear, relu"):
        program_of(network)
    volume = nn.Sequential([nn.Conv3D(4, 3), nn.Flatten(), nn.Dense(2)], input_shape=(8, 8, 8, 1), seed=0)
    with pytest.raises(NetworkError, match="Expected images"):
        program_of(volume)
