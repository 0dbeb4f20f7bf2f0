from opsin import zoo


def test_it_has_the_size_of_the_paper():
    net = zoo.create("lenet", (28, 28, 1), 10, seed=0)
    assert sum(p.numel() for p in net.parameters()) == 61_706


def test_it_is_the_reference_network():
    net = zoo.create("simple", (64, 64, 3), 10, seed=0)
    assert sum(p.numel() for p in net.parameters()) == 1_626_442
    kinds = ["Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense", "Dense"]
    assert [type(layer).__name__ for layer in net.layers] == kinds
