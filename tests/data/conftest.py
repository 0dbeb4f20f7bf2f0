import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Each test decodes into a cache of its own."""
    monkeypatch.setenv("OPSIN_CACHE", str(tmp_path_factory.mktemp("cache")))
