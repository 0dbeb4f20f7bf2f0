"""What every test shares: a cache of its own."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Decoded images go to a folder that vanishes, never to the cache of who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPSIN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
