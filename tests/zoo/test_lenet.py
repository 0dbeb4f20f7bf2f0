from opsin import zoo


def test_it_has_the_size_of_the_paper():
    net = zoo.create("lenet", (28, 28, 1), 10, seed=0)
    assert sum(p.numel() for p in net.parameters()) == 61_706
