import io
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from opsin.core import ModelFileError
from opsin.keras.file.variables import weight_groups
from opsin.keras.file.weights import read_weights, write_weights
from opsin.nn import BatchNormalization, Conv2D, Dense, Flatten, Sequential, Stage

h5py = pytest.importorskip("h5py", reason="h5py, the extra `keras`, is not installed")
FIXTURES = Path(__file__).parent / "fixtures"
KERNEL = "layers/conv2d/vars/0"


def network(seed=0):
    layers = [Conv2D(2, 3), BatchNormalization(), Stage([Flatten(), Dense(2)])]
    return Sequential(layers, input_shape=(5, 5, 1), seed=seed)


def written(change=None, **how):
    content = io.BytesIO(write_weights(weight_groups(network())))
    if change is not None:
        with h5py.File(content, "r+", **how) as file:
            change(file)
    return content.getvalue()


def refused(content, words):
    with pytest.raises(ModelFileError, match=words) as caught:
        read_weights(content, weight_groups(network(1)))
    assert len(str(caught.value)) < 500


def test_what_is_written_is_read_exactly():
    other = network(1)
    read_weights(written(), weight_groups(other))
    for name, value in network().state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name
    assert written() == written()


@pytest.mark.parametrize("dtype", ["<f2", ">f4", "<f8", ">f8"])
def test_any_floating_point_is_read(dtype):
    values = np.linspace(-2, 2, 18).astype(dtype).reshape(3, 3, 1, 2)
    other = network(1)
    read_weights(written(lambda file: replace(file, values)), weight_groups(other))
    assert np.array_equal(weight_groups(other)[0].values[0].detach().numpy(), values.astype(np.float32))


def test_the_paths_of_older_files_are_read():
    other = network(1)
    read_weights(written(lambda file: file.move("layers", "_layer_checkpoint_dependencies")), weight_groups(other))
    assert torch.equal(other.conv2d.weight, network().conv2d.weight)


def test_groups_without_weights_and_states_of_random_streams_are_left_alone():
    def more(file):
        file.create_group("layers/dropout/vars")
        file["layers/dropout/seed_generator/vars/0"] = np.zeros(2, np.uint32)
        file["optimizer/vars/0"] = np.zeros(9)

    read_weights(written(more), weight_groups(network()))


def replace(file, values=None, path=KERNEL, **how):
    kept = file[path][()]
    del file[path]
    return file.create_dataset(path, data=kept if values is None and not how.get("shape") else values, **how)


def virtual(file):
    layout = h5py.VirtualLayout((3, 3, 1, 2), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "a", (3, 3, 1, 2))
    del file[KERNEL]
    file.create_virtual_dataset(KERNEL, layout)


def linked(link):
    def change(file):
        del file[KERNEL]
        file[KERNEL] = link

    return change


def group_linked(file):
    del file["layers/conv2d"]
    file["layers/conv2d"] = h5py.ExternalLink("/etc/hostname", "/")


def unallocated(file):
    del file[KERNEL]
    file.create_dataset(KERNEL, (3, 3, 1, 2), "f4")


def bomb(file):
    del file[KERNEL]
    file.create_dataset(KERNEL, (2**20, 2**20), "f4", chunks=(1024, 1024), compression="gzip")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda file: file.__delitem__(KERNEL), "has 1 weights for 'layers/conv2d'. Expected 2"),
        (lambda file: file.__delitem__("layers/conv2d"), "has no 'conv2d'"),
        (lambda file: file.__delitem__("layers"), "has no 'layers'"),
        (lambda file: file.__delitem__("layers/sequential/layers"), "has no 'layers'"),
        (lambda file: file.create_dataset("layers/dense/vars/0", data=np.zeros(3)), "without a layer in its config"),
        (lambda file: file.create_dataset("layers/x/y/vars/0", data=np.zeros(3)), "without a layer in its config"),
        (lambda file: file.create_dataset("layers/conv2d/vars/2", data=np.zeros(3)), "has 3 weights"),
        (lambda file: file.create_dataset("layers/sequential/vars/0", data=np.zeros(3)), "has 1 weights"),
        (lambda file: file.create_dataset("vars/0", data=np.zeros(3)), "has 1 weights for 'the model'. Expected 0"),
        (lambda file: file.move(KERNEL, "layers/conv2d/vars/x"), "has no '0'"),
        (lambda file: replace(file, np.zeros((3, 3, 2, 1), "f4")), r"of shape \(3, 3, 1, 2\), as in its config"),
        (lambda file: replace(file, np.zeros((3, 3, 1, 2), "i4")), "of type int32"),
        (lambda file: replace(file, np.zeros((3, 3, 1, 2), "c8")), "of type complex64"),
        (lambda file: replace(file, np.full((3, 3, 1, 2), b"a")), r"of type \|S1"),
        (lambda file: replace(file, np.zeros((3, 3, 1, 2), "V2")), r"of type \|V2"),
        (lambda file: replace(file, chunks=(1, 1, 1, 1)), "compressed, chunked or outside the file"),
        (lambda file: replace(file, compression="gzip"), "compressed, chunked or outside the file"),
        (lambda file: replace(file, external=[("away", 0, 72)], shape=(3, 3, 1, 2), dtype="f4"), "outside the file"),
        (bomb, "compressed, chunked or outside the file"),
        (unallocated, "compressed, chunked or outside the file"),
        (virtual, "compressed, chunked or outside the file"),
        (linked(h5py.SoftLink("/layers/batch_normalization/vars/0")), "soft or external link '0' in its weights"),
        (linked(h5py.ExternalLink("/etc/passwd", "/")), "soft or external link '0' in its weights"),
        (linked(h5py.SoftLink("/nowhere")), "soft or external link '0' in its weights"),
        (group_linked, "soft or external link 'conv2d' in its weights"),
        (lambda file: file.__setitem__("layers/x", h5py.ExternalLink("a", "/")), "external link 'x'"),
        (lambda file: (file.__delitem__(KERNEL), file.create_group(KERNEL)), "compressed, chunked or outside"),
        (lambda file: file.create_dataset("layers/x", data=1.0), "'x' in its weights, which is not a group"),
    ],
)  # fmt: skip
def test_what_does_not_fit_or_lies_elsewhere_is_refused(change, words):
    refused(written(change), words)


def test_no_other_file_is_opened(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["values"] = np.zeros((3, 3, 1, 2), "f4")
    opened = []
    link = h5py.ExternalLink(str(tmp_path / "other.h5"), "/values")
    content = written(linked(link))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(h5py.Group, "__contains__", lambda *_: opened.append("in"))
        refused(content, "soft or external link '0'")
    (tmp_path / "other.h5").unlink()
    refused(content, "soft or external link '0'")
    assert not opened


@pytest.mark.parametrize("content", [b"", b"x" * 1000, b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes(5000)])
def test_what_is_no_hdf5_is_refused(content):
    refused(content, "not an HDF5 file|damaged weights")


@pytest.mark.parametrize("name", ["image_model", "signal_model"])
def test_bytes_changed_by_who_knows_checksums_end_in_one_error_or_a_network(name):
    from opsin.keras.file.read import read_keras

    with zipfile.ZipFile(FIXTURES / f"{name}.keras") as members:
        content = members.read("model.weights.h5")
    net, _ = read_keras(FIXTURES / f"{name}.keras")
    drawn, endings = random.Random(0), set()
    for _ in range(300):
        changed = bytearray(content)
        for _ in range(drawn.choice([1, 2, 8])):
            changed[drawn.randrange(len(changed))] = drawn.choice([0, 1, 0x7F, 0x80, 255])
        if drawn.random() < 0.1:
            del changed[drawn.randrange(len(changed)) :]
        try:
            read_weights(bytes(changed), weight_groups(net))
            endings.add("read")
        except ModelFileError as error:
            assert "\n" not in " ".join(str(error).split())
            endings.add("refused")
    assert endings == {"read", "refused"}
