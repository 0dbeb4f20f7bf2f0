import re
import xml.etree.ElementTree as ElementTree

import pytest

from opsin import nn, zoo
from opsin.nn import Conv2D, Dense, Flatten, Residual, Sequential, Stage, diagram_svg

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", ["simple", "resnet_small", "resnet50"])
def test_elements_lie_inside_and_no_resource_is_external(name):
    text = diagram_svg(zoo.create(name, (64, 64, 3), 10, seed=0))
    root = ElementTree.fromstring(text)
    _, _, width, height = map(float, root.get("viewBox").split())
    assert root.get("width") is None
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    for rect in root.iter(f"{SVG}rect"):
        x, y = float(rect.get("x", 0)), float(rect.get("y", 0))
        assert 0 <= x <= x + float(rect.get("width")) <= width
        assert 0 <= y <= y + float(rect.get("height")) <= height
    for polygon in root.iter(f"{SVG}polygon"):
        numbers = [float(number) for number in re.split("[ ,]", polygon.get("points"))]
        assert min(numbers) >= 0 and max(numbers[::2]) <= width and max(numbers[1::2]) <= height
    for words in root.iter(f"{SVG}text"):
        half = len(words.text) * 6.4 / (2 if words.get("text-anchor") == "middle" else 1)
        assert float(words.get("x")) + half <= width + 8, words.text
        assert float(words.get("y")) <= height


def test_shapes_are_written():
    words = [
        part.text
        for part in ElementTree.fromstring(diagram_svg(zoo.create("simple", (64, 64, 3), 10))).iter(f"{SVG}text")
    ]
    for shape in ("64x64x3", "62x62x32", "31x31x32", "29x29x64", "14x14x64", "12544", "128", "10"):
        assert shape.replace("x", "\u00d7") in words


def test_names_are_escaped():
    evil = "<script>alert(1)</script>&\"'".replace("/", "|")
    layers = [Stage([Residual([Conv2D(3, 1, name=evil)], name=evil)], name=evil), Flatten(), Dense(2)]
    text = diagram_svg(Sequential(layers, input_shape=(4, 4, 3), seed=0, name=evil))
    root = ElementTree.fromstring(text)
    assert "<script" not in text
    assert root.get("aria-label").startswith(evil)
    assert evil in [part.text for part in root.iter(f"{SVG}text")]


def test_every_composite_and_rank_is_drawn():
    for rank in (1, 2, 3):
        conv, pool = getattr(nn, f"Conv{rank}D"), getattr(nn, f"GlobalAveragePooling{rank}D")
        skip = nn.Skip([conv(3, 3, padding="same")], name="skip")
        gate = nn.Parallel([[], [pool(keepdims=True), conv(5, 1)]], "multiply", name="gate")
        wide = nn.Parallel([[skip], [conv(4, 1), gate_free(conv)]], name="wide")
        empty = nn.Residual([], name="doubled")
        net = Sequential([wide, conv(5, 1), gate, empty, pool(), Dense(2)], input_shape=(*(8,) * rank, 2), seed=0)
        words = [part.text for part in ElementTree.fromstring(diagram_svg(net)).iter(f"{SVG}text")]
        assert {"skip", "gate", "wide", "doubled", "parallel branch, same input:", "× the input"} <= set(words)


def gate_free(conv):
    return Stage([conv(2, 1), conv(2, 1)], name="stage")


def test_frames_are_as_wide_as_their_text():
    net = Sequential([nn.Skip([Conv2D(3, 1)])], input_shape=(256, 256, 3), seed=0)
    root = ElementTree.fromstring(diagram_svg(net))
    _, frame = root.iter(f"{SVG}rect")
    (words,) = (part for part in root.iter(f"{SVG}text") if part.text.startswith("concat with the input"))
    assert float(words.get("x")) + 5.5 * len(words.text) <= float(frame.get("x")) + float(frame.get("width"))
