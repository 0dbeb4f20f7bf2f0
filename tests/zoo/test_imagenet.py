from opsin import zoo


def test_there_are_a_thousand_different_classes_in_the_published_order():
    names = zoo.imagenet_classes()
    assert len(names) == len(set(names)) == 1000
    known = {0: "tench", 134: "crane (bird)", 282: "tiger cat", 517: "crane (machine)", 698: "palace", 967: "espresso"}
    assert {index: names[index].split(",")[0] for index in known} == known
    assert names[999].startswith("toilet tissue")
