"""The layout of boxes and masks: columns of a box, reserved mask values."""

BOX_COLUMNS = ("xmin", "ymin", "xmax", "ymax", "class", "crowd", "area")
"""Columns of a box: corners and area in pixels, from the image's upper left corner; class index; 1 for a crowd."""

IGNORED = 255
"""The value of mask pixels without a label; they are neither trained on nor scored."""

MOST_CLASSES_IN_MASK = 250
"""Limit of the classes of a mask, the background included."""
