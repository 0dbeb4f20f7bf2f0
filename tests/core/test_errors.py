import pytest

from opsin.core import DataError, ModelFileError, NetworkError, OpsinError


@pytest.mark.parametrize("kind", [DataError, ModelFileError, NetworkError])
def test_every_error_derives_from_opsin_error(kind):
    with pytest.raises(OpsinError, match="Fix: do so"):
        raise kind("the value is 1. Expected 2. Fix: do so.")


def test_opsin_error_does_not_derive_from_python_errors():
    assert not issubclass(OpsinError, (ValueError, OSError, RuntimeError))
