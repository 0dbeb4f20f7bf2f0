import pytest

from opsin.core import DataError, ModelFileError, NetworkError, OpsinError


@pytest.mark.parametrize("kind", [DataError, ModelFileError, NetworkError])
def test_every_error_on_purpose_is_caught_by_one_name(kind):
    with pytest.raises(OpsinError, match="mend"):
        raise kind("got this, expected that: mend it so")


def test_errors_of_python_are_not_taken_for_ours():
    assert not issubclass(OpsinError, (ValueError, OSError, RuntimeError))
