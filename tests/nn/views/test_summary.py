import re

import pytest
import torch

from opsin import zoo
from opsin.core import OutputSpec
from opsin.nn import Conv2D, Dense, Flatten, MaxPooling2D, Residual, Sequential, Stage, summarize

SIMPLE = """Model: "simple"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━┓
┃ Layer (type)                   ┃ Output Shape       ┃   Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━┩
│ conv2d (Conv2D)                │ (None, 62, 62, 32) │       896 │
├────────────────────────────────┼────────────────────┼───────────┤
│ max_pooling2d (MaxPooling2D)   │ (None, 31, 31, 32) │         0 │
├────────────────────────────────┼────────────────────┼───────────┤
│ conv2d_1 (Conv2D)              │ (None, 29, 29, 64) │    18,496 │
├────────────────────────────────┼────────────────────┼───────────┤
│ max_pooling2d_1 (MaxPooling2D) │ (None, 14, 14, 64) │         0 │
├────────────────────────────────┼────────────────────┼───────────┤
│ flatten (Flatten)              │ (None, 12544)      │         0 │
├────────────────────────────────┼────────────────────┼───────────┤
│ dense (Dense)                  │ (None, 128)        │ 1,605,760 │
├────────────────────────────────┼────────────────────┼───────────┤
│ dense_1 (Dense)                │ (None, 10)         │     1,290 │
└────────────────────────────────┴────────────────────┴───────────┘
 Total params: 1,626,442 (6.20 MB)
 Trainable params: 1,626,442 (6.20 MB)
 Non-trainable params: 0 (0.00 B)"""


def test_text_is_formatted_as_in_keras():
    assert summarize(zoo.create("simple", (64, 64, 3), 10, seed=0)).text() == SIMPLE


@pytest.mark.parametrize(("name", "reach"), [("resnet18", 435), ("resnet34", 899)])
def test_receptive_fields_match_published_values(name, reach):
    """Araujo, Norris and Sim, Computing Receptive Fields of Convolutional Neural Networks (Distill, 2019)."""
    rows = summarize(zoo.create(name, (224, 224, 3), 10, seed=0)).rows
    assert next(row for row in rows if row.path == "stage4").receptive_field == (reach, reach)


def test_receptive_field_matches_nonzero_gradients():
    layers = [
        Conv2D(3, (3, 2)),
        MaxPooling2D(2),
        Residual([Conv2D(3, 3, padding="same")]),
        Conv2D(2, 2, dilation_rate=2),
    ]
    net = Sequential(layers, input_shape=(40, 40, 3), seed=0)
    x = torch.rand(1, 3, 40, 40, requires_grad=True)
    y = net(x)
    y[0, :, y.shape[2] // 2, y.shape[3] // 2].sum().backward()
    rows, columns = (x.grad.abs().sum((0, 1)).sum(axis) > 0 for axis in (1, 0))
    height, width = summarize(net).rows[-1].receptive_field
    spans = [int(seen.nonzero().max() - seen.nonzero().min()) + 1 for seen in (rows, columns)]
    assert height - 1 <= spans[0] <= height  # max pooling has a gradient for one of its inputs only
    assert width - 1 <= spans[1] <= width


def test_totals_count_every_layer_once():
    net = Sequential([Stage([Residual([Conv2D(3, 3, padding="same")])]), Flatten(), Dense(2)], input_shape=(4, 4, 3))
    found = summarize(net)
    assert [row.path for row in found.rows] == [
        "stage",
        "stage/residual",
        "stage/residual/body/conv2d",
        "flatten",
        "dense",
    ]
    assert found.trainable == sum(p.numel() for p in net.parameters()) == 84 + 98
    assert found.multiply_adds == 16 * 27 * 3 + 96
    assert found.activation_bytes == 4 * (48 + 48 + 2)
    assert found.rows[2].as_dense == 49 * 48
    assert found.rows[-1].receptive_field is None


@pytest.mark.parametrize(
    ("name", "layout"),
    [("simple", "vector"), ("resnet18", "vector"), ("efficientnet_lite0", "vector"), ("convnext_atto", "vector"),
     ("unet_small", "map"), ("unet_resnet18", "map")],
)  # fmt: skip
def test_details_fit_80_columns(name, layout):
    found = summarize(zoo.create(name, (64, 64, 3), 10, output=OutputSpec(layout), seed=0))
    table, _, totals = found.text(details=True).partition(" Total params")
    lines = table.splitlines()
    assert max(map(len, lines)) <= 80
    assert all(word in table for word in ("Receptive", "Multiply-", "as Dense")) and "Multiply-adds: " in totals
    first_lines = [line for line in lines if re.search(r" [\d,.]+( [MG])? +(all|\d+x\d+) +[\d,.]+( [MG])? ", line)]
    assert len(first_lines) == len(found.rows)


def test_details_round_large_numbers_only():
    net = Sequential([Conv2D(64, 3), Conv2D(64, 3, name="second")], input_shape=(66, 66, 3), seed=0)
    *_, first, second = [line for line in summarize(net).text(details=True).splitlines() if "x" in line]
    assert first.split() == ["conv2d", "64x64x64", "1,792", "3x3", "7.08", "M", "1.0", "MB", "3.43", "G"]
    assert second.split()[:5] == ["second", "(Conv2D)", "62x62x64", "36,928", "5x5"]
    assert second.split()[5:] == ["142", "M", "961", "KB", "64.5", "G"]
