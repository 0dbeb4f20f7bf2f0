import json
import os
import resource
import signal
import struct
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from opsin.core import ModelFileError, OpsinError
from opsin.model import Model, Provenance, load
from opsin.model.file import FORMAT, MOST_HEADER_BYTES, open_model_file, parse, write_model_file

TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "count": torch.tensor(3)}
HEADER: dict[str, Any] = {"layers": {}, "task": {}, "preprocessing": {}, "tta": "none", "provenance": {}}
NO_PARTS: dict[str, Any] = {"format": FORMAT, "parts": {}}


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """Files cannot grow over `room` bytes: writing fails as on a full disk."""
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def with_header(path: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    """A copy of a model file whose safetensors header is changed as JSON, or is the bytes that `change` returns."""
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    changed = change(header)
    text = changed if isinstance(changed, bytes) else json.dumps(changed or header).encode()
    copy = path.with_name("changed.safetensors")
    copy.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])
    return copy


def fails(path: Path, words: str) -> None:
    with pytest.raises(ModelFileError, match=words) as caught:
        load(path, "cpu")
    line = str(caught.value)
    assert "\n" not in line and len(line) < 700
    assert line.startswith(str(path)) and line.count(str(path)) == 1


@pytest.fixture
def saved(model: Model, tmp_path: Path) -> Path:
    model.save(tmp_path / "good.safetensors")
    return tmp_path / "good.safetensors"


def test_what_is_written_is_read(tmp_path: Path):
    path = tmp_path / "new" / "m.safetensors"
    provenance = {"text": "Zoë 猫 \udce9", "score": float("nan"), "list": [1, (2.5, float("inf"))]}
    write_model_file(
        path, {**TENSORS, "half": torch.ones(2, dtype=torch.bfloat16)}, HEADER | {"provenance": provenance}
    )
    expected = {**TENSORS, "half": torch.empty(2, device="meta")}
    with open_model_file(path) as file:
        weights = {name: value.clone() for name, value in file.weights(expected).items()}
        assert file.header == HEADER | NO_PARTS | {
            "provenance": {"text": "Zoë 猫 \udce9", "score": None, "list": [1, [2.5, None]]},
        }
        assert file.weight_bytes == path.stat().st_size
    assert all(torch.equal(weights[name], value) for name, value in TENSORS.items())
    assert weights["half"].dtype == torch.float32


def test_the_same_model_gives_the_same_bytes(model: Model, saved: Path):
    before = saved.read_bytes()
    model.save(saved)
    assert saved.read_bytes() == before


def test_other_weights_than_expected_are_named(tmp_path: Path):
    write_model_file(tmp_path / "m", TENSORS, HEADER)
    with open_model_file(tmp_path / "m") as file:
        for expected, words in [
            ({"a": TENSORS["a"]}, "'count'"),
            ({**TENSORS, "b": TENSORS["a"]}, "'b'"),
            ({**TENSORS, "a": torch.zeros(3, 2)}, r"F32 \[2, 3\]. Expected F32 \[3, 2\]"),
            ({**TENSORS, "a": torch.zeros(2, 3, dtype=torch.int64)}, "Expected I64"),
        ]:
            with pytest.raises(ModelFileError, match=words):
                file.weights(expected)


def test_a_full_disk_leaves_the_last_good_file(model: Model, saved: Path):
    before = saved.read_bytes()
    model.provenance = Provenance(notes=("other",))
    with full_disk(300), pytest.raises(OpsinError, match=r"could not write .*free disk space") as caught:
        model.save(saved)
    assert "\n" not in str(caught.value)
    assert saved.read_bytes() == before
    assert os.listdir(saved.parent) == [saved.name]


def test_a_description_that_could_not_be_read_again_is_not_written(model: Model, tmp_path: Path):
    model.provenance = Provenance(notes=("x" * MOST_HEADER_BYTES,))
    with pytest.raises(ModelFileError, match="shorten"):
        model.save(tmp_path / "m.safetensors")
    assert not list(tmp_path.iterdir())


def test_missing_folders_pipes_and_other_files(tmp_path: Path):
    fails(tmp_path / "none", "does not exist")
    fails(tmp_path, "not a file")
    os.mkfifo(tmp_path / "pipe")
    fails(tmp_path / "pipe", "not a file")
    for name, content, words in [
        ("empty", b"", "cut short or another format"),
        ("short", b"\0" * 7, "cut short or another format"),
        ("text", b"hello, this is no model\n" * 9, "cut short or another format"),
        ("zeros", bytes(64), "header is no JSON"),
        ("zip", b"PK\x03\x04" + bytes(100), "cut short or another format"),
    ]:
        (tmp_path / name).write_bytes(content)
        fails(tmp_path / name, words)


def test_a_file_of_another_program_is_named_so(tmp_path: Path):
    save_file(TENSORS, tmp_path / "m", metadata={"format": "pt"})
    fails(tmp_path / "m", "of another program. Expected the header key 'opsin'")
    save_file(TENSORS, tmp_path / "n")
    fails(tmp_path / "n", "of another program")


def test_a_header_too_long_is_not_read(tmp_path: Path):
    with open(tmp_path / "m", "wb") as file:
        file.write(struct.pack("<Q", MOST_HEADER_BYTES + 1))
        file.truncate(2 * MOST_HEADER_BYTES)
    fails(tmp_path / "m", "Expected at most")
    (tmp_path / "n").write_bytes(struct.pack("<Q", 2**63) + b"{}")
    fails(tmp_path / "n", "cut short or another format")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":' * 100_000, "nested too deep"),
        (b'{"a": 1, "a": 2}', "key twice"),
        (b'{"a": 1e999}', "not finite"),
        (b'{"a": NaN}', "not finite"),
        (b'{"a": -Infinity}', "not finite"),
        (b"9" * 5000, "digits"),
        (b'"\xff"', "utf-8"),
        (b"", "Expecting"),
    ],
)
def test_hostile_json_is_a_value_error(text: bytes, words: str, saved: Path):
    with pytest.raises(ValueError, match=words):
        parse(text)
    fails(with_header(saved, lambda _: text), "no JSON")
    if words != "utf-8":
        fails(
            with_header(saved, lambda h: h["__metadata__"].update(opsin=text.decode())), "description that is no JSON"
        )


@pytest.mark.parametrize(
    "found",
    [[1], 7, None, {}, {"format": 0}, {"format": FORMAT + 1}, {"format": str(FORMAT)}, {"format": 10**400}],
)
def test_unknown_formats_ask_for_an_update(found: object, saved: Path):
    fails(with_header(saved, lambda h: h["__metadata__"].update(opsin=json.dumps(found))), "update Opsin")


def test_a_file_of_the_first_format_asks_for_another_training(saved: Path):
    header = json.dumps({"format": 1, "layers": {}, "task": {}, "preparation": {}, "views": "one", "about": {}})
    fails(with_header(saved, lambda h: h["__metadata__"].update(opsin=header)), "format 1.*Fix: train the model again")


def test_keys_missing_or_added(saved: Path):
    for change in ({"format": FORMAT}, {**HEADER, **NO_PARTS, "code": "import os"}):
        fails(with_header(saved, lambda h, c=change: h["__metadata__"].update(opsin=json.dumps(c))), "other keys")


def test_tensors_that_lie_outside_of_the_file(saved: Path):
    def grow(header: dict[str, Any]) -> None:
        header["dense.weight"]["data_offsets"][1] += 2**40

    fails(with_header(saved, grow), "not a whole model file")

    def overflow(header: dict[str, Any]) -> None:
        header["dense.weight"]["shape"] = [2**62, 2**62]

    fails(with_header(saved, overflow), "not a whole model file")


def test_a_cut_file_at_every_length(saved: Path):
    content = saved.read_bytes()
    for length in {*range(0, len(content), 97), len(content) - 1}:
        saved.write_bytes(content[:length])
        fails(saved, "whole model file|another format")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_bytes_crash_the_reader(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory):
    """Flipped, cut or inserted bytes give a one-line ModelFileError or some model, never anything else."""
    content = bytearray(_content(tmp_path_factory))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content) - 1) | st.integers(0, 1800))
        change = data.draw(st.binary(max_size=6))
        content[place : place + data.draw(st.integers(0, 6))] = change
    path = tmp_path_factory.getbasetemp() / "fuzzed.safetensors"
    path.write_bytes(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = load(path, "cpu")
    except ModelFileError as error:
        assert "\n" not in str(error)
    else:
        assert isinstance(model, Model)


def _content(factory: pytest.TempPathFactory) -> bytes:
    from opsin.data import ImagePreprocessing
    from opsin.nn import BatchNormalization, Conv2D, Dense, GlobalMaxPooling2D, Residual, Sequential
    from opsin.tasks import Classify

    path = factory.getbasetemp() / "whole.safetensors"
    if not path.exists():
        layers = [Residual([Conv2D(1, 3, padding="same"), BatchNormalization()]), GlobalMaxPooling2D(), Dense(2)]
        network = Sequential(layers, input_shape=(4, 4, 1), seed=0)
        Model(network, Classify(("a", "b")), ImagePreprocessing(4, 4, 1, (0.5,), (0.2,))).save(path)
    return path.read_bytes()
