"""The layer language: what a CNN is made of, as data, and the torch module built from it."""

from .activations import Activation as Activation
from .composites import Residual as Residual
from .composites import Stage as Stage
from .convolution import Conv2D as Conv2D
from .dense import Dense as Dense
from .dense import Dropout as Dropout
from .dense import Flatten as Flatten
from .flow_svg import flow_svg as flow_svg
from .layer import Layer as Layer
from .normalization import BatchNormalization as BatchNormalization
from .pooling import AveragePooling2D as AveragePooling2D
from .pooling import GlobalAveragePooling2D as GlobalAveragePooling2D
from .pooling import GlobalMaxPooling2D as GlobalMaxPooling2D
from .pooling import MaxPooling2D as MaxPooling2D
from .reading import layer_from_json as layer_from_json
from .sequential import Sequential as Sequential
from .summary import Row as Row
from .summary import Summary as Summary
from .summary import summarize as summarize
from .window import Window as Window
from .zero_padding import ZeroPadding2D as ZeroPadding2D
