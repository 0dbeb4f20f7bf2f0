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
from opsin.nn.views.diagram import Block, Group, diagram_nodes


def test_small_layers_are_attached_to_the_block_before_them():
    nodes = diagram_nodes(
        [Conv2D(4, 3, name="a"), BatchNormalization(), Activation("relu"), Dropout(0.5), Flatten()], (8, 8, 3)
    )
    assert [node.kind for node in nodes] == ["Conv2D", "Flatten"]
    assert nodes[0].followers == ("norm", "relu", "dropout 0.5")
    assert (nodes[0].shape, nodes[0].parameters, nodes[0].window) == ((6, 6, 4), 112, "3x3")


def test_identical_neighbours_are_merged_regardless_of_names():
    def block(name, filters=4):
        return Stage([Residual([Conv2D(filters, 3, padding="same", name=f"{name}conv")])], name=name)

    nodes = diagram_nodes([block("a"), block("b"), block("c"), Conv2D(4, 3), block("d")], (8, 8, 4))
    assert [(node.name, node.count) for node in nodes] == [("a", 3), ("None", 1), ("d", 1)]
    assert nodes[0].last_name == "c"
    assert nodes[0].merge_text == "+ the input"


def test_the_same_layer_on_another_shape_is_another_block():
    nodes = diagram_nodes([MaxPooling2D(2), MaxPooling2D(2)], (8, 8, 3))
    assert [node.shape for node in nodes] == [(4, 4, 3), (2, 2, 3)]


def test_repeated_blocks_of_resnet50_are_grouped():
    net = zoo.create("resnet50", (64, 64, 3), 5, seed=0)
    stages = [node for node in diagram_nodes(net.layers, net.input_shape) if isinstance(node, Group)]
    assert [[part.count for part in stage.rows[0]] for stage in stages] == [[1, 2], [1, 3], [1, 5], [1, 2]]
    assert stages[1].rows[0][0].merge_text == "+ Conv2D 1x1, stride 2 of the input"


def test_a_long_shortcut_is_a_separate_row():
    (group,) = diagram_nodes([Residual([Dense(3)], [Dense(4), Dense(3)])], (3,))
    assert [[type(node) for node in row] for row in group.rows] == [[Block], [Block, Block]]


def test_branches_are_rows_and_an_empty_one_is_text():
    gate = [GlobalAveragePooling2D(keepdims=True), Conv2D(3, 1)]
    (gated,) = diagram_nodes([Parallel([[], gate], "multiply")], (8, 8, 3))
    assert (len(gated.rows), gated.merge_text) == (1, "× the input")
    (skip,) = diagram_nodes([Skip([Conv2D(3, 1)])], (8, 8, 3))
    assert (len(skip.rows), skip.merge_text) == (1, "concat with the input: 8x8x6")
    (wide,) = diagram_nodes([Parallel([[Conv2D(3, 1)], [Conv2D(3, 3, padding="same")]])], (8, 8, 3))
    assert (len(wide.rows), wide.merge_text) == (2, "concat: 8x8x6")


def test_windows_show_kernel_and_strides_as_given():
    layers = [Conv3D(2, (3, 5, 5), (1, 2, 2), "same"), Conv3DTranspose(2, 2, strides=2)]
    assert [block.window for block in diagram_nodes(layers, (4, 8, 8, 1))] == ["3x5x5, stride 1x2x2", "2x2x2, stride 2"]
