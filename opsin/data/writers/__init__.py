"""Writers of predictions and annotations in the formats that opsin.data.formats reads."""

from .boxes_csv import write_boxes_csv as write_boxes_csv
from .coco import write_coco as write_coco
from .annotated_image import AnnotatedImage as AnnotatedImage
from .masks import object_rows as object_rows
from .masks import palette as palette
from .masks import write_mask as write_mask
from .masks import write_objects as write_objects
from .voc import write_voc as write_voc
from .yolo import write_yolo as write_yolo
