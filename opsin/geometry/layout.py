"""The layout of boxes and masks: columns of a box, reserved mask values."""

BOX_COLUMNS = ("xmin", "ymin", "xmax", "ymax", "class", "crowd", "area")
"""What a box is made of: corners in pixels from the image's upper left corner, class, 1 for a crowd, square pixels."""


IGNORED = 255
"""The value of a mask where nobody says what is there."""


MOST_CLASSES_IN_MASK = 250
