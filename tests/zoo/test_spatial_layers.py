from dataclasses import fields

import pytest

from opsin.core import NetworkError
from opsin.zoo.spatial_layers import spatial_layers


@pytest.mark.parametrize("rank", [2, 3])
def test_all_layers_of_a_rank_have_that_rank(rank):
    layers = spatial_layers((8,) * rank + (1,))
    for field in fields(layers):
        kind = getattr(layers, field.name)
        assert f"{rank}D" in kind.__name__
        assert kind.__name__.lower().startswith(field.name.split("_")[0])


@pytest.mark.parametrize("shape", [(8,), (8, 1), (8, 8, 8, 8, 1)])
def test_other_ranks_are_refused(shape):
    with pytest.raises(NetworkError, match=rf"has {len(shape)} axes"):
        spatial_layers(shape)
