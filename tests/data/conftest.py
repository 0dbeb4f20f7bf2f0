import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Each test decodes into a cache of its own."""
    monkeypatch.setenv("OPSIN_CACHE", str(tmp_path_factory.mktemp("cache")))
