import pytest
import torch

from opsin.core import OpsinError, choose_device, choose_precision


@pytest.mark.parametrize("name", ["nonsense", "cuda:99", "cpu:nine", ""])
def test_an_unavailable_device_raises_an_error_with_a_fix(name):
    with pytest.raises(OpsinError) as caught:
        choose_device(name)
    assert repr(name) in str(caught.value)
    assert "omit --device" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [None, "auto", "cpu"])
def test_a_chosen_device_computes(name):
    device = choose_device(name)
    assert torch.ones(2, device=device).sum().item() == 2


def test_an_available_accelerator_is_the_default():
    expected = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert choose_device().type == expected


def test_products_are_bfloat16_only_with_native_support(monkeypatch):
    for has_it, expected in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda has_it=has_it: has_it)
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
        assert choose_precision(torch.device("cpu")) is expected
    assert choose_precision(torch.device("mps")) is torch.float32
