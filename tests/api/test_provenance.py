"""A report names what its numbers were made with."""

import torch

import opsin
from opsin.api import provenance


def test_versions_are_those_that_run():
    found = provenance.versions()
    assert found["opsin"] == opsin.__version__
    assert torch.__version__.startswith(found["torch"])  # without the build, such as +cpu, or with it


def test_the_device_is_named():
    assert provenance.machine(torch.device("cuda", 1)).endswith(" processors, cuda")
