from opsin import zoo
from opsin.nn import (
    Activation,
    BatchNormalization,
    Conv2D,
    Conv3D,
    Conv3DTranspose,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    Parallel,
    Residual,
    Skip,
    Stage,
)
from opsin.nn.views.diagram import Block, Group, flow


def test_small_layers_are_told_with_the_large_one_before_them():
    nodes = flow([Conv2D(4, 3, name="a"), BatchNormalization(), Activation("relu"), Dropout(0.5), Flatten()], (8, 8, 3))
    assert [node.kind for node in nodes] == ["Conv2D", "Flatten"]
    assert nodes[0].then == ("norm", "relu", "dropout 0.5")
    assert (nodes[0].shape, nodes[0].parameters, nodes[0].window) == ((6, 6, 4), 112, "3x3")


def test_equal_neighbours_are_told_once_whatever_their_names():
    def block(name, filters=4):
        return Stage([Residual([Conv2D(filters, 3, padding="same", name=f"{name}conv")])], name=name)

    nodes = flow([block("a"), block("b"), block("c"), Conv2D(4, 3), block("d")], (8, 8, 4))
    assert [(node.name, node.count) for node in nodes] == [("a", 3), ("None", 1), ("d", 1)]
    assert nodes[0].last_name == "c"
    assert nodes[0].plus == "+ the input"


def test_the_same_layer_on_another_shape_is_another_block():
    nodes = flow([MaxPooling2D(2), MaxPooling2D(2)], (8, 8, 3))
    assert [node.shape for node in nodes] == [(4, 4, 3), (2, 2, 3)]


def test_repeated_blocks_of_resnet50_are_grouped():
    net = zoo.create("resnet50", (64, 64, 3), 5, seed=0)
    stages = [node for node in flow(net.layers, net.input_shape) if isinstance(node, Group)]
    assert [[part.count for part in stage.rows[0]] for stage in stages] == [[1, 2], [1, 3], [1, 5], [1, 2]]
    assert stages[1].rows[0][0].plus == "+ Conv2D 1x1, stride 2 of the input"


def test_a_long_shortcut_is_a_row_of_its_own():
    (group,) = flow([Residual([Dense(3)], [Dense(4), Dense(3)])], (3,))
    assert [[type(node) for node in row] for row in group.rows] == [[Block], [Block, Block]]


def test_branches_are_rows_and_an_empty_one_is_said_in_words():
    gate = [GlobalAveragePooling2D(keepdims=True), Conv2D(3, 1)]
    (times,) = flow([Parallel([[], gate], "multiply")], (8, 8, 3))
    assert (len(times.rows), times.plus) == (1, "times the input")
    (beside,) = flow([Skip([Conv2D(3, 1)])], (8, 8, 3))
    assert (len(beside.rows), beside.plus) == (1, "beside the input: 8x8x6")
    (wide,) = flow([Parallel([[Conv2D(3, 1)], [Conv2D(3, 3, padding="same")]])], (8, 8, 3))
    assert (len(wide.rows), wide.plus) == (2, "side by side: 8x8x6")


def test_windows_are_told_as_they_were_written():
    layers = [Conv3D(2, (3, 5, 5), (1, 2, 2), "same"), Conv3DTranspose(2, 2, strides=2)]
    assert [block.window for block in flow(layers, (4, 8, 8, 1))] == ["3x5x5, stride 1x2x2", "2x2x2, stride 2"]
