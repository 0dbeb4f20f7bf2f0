"""Readers of bounding boxes: COCO, YOLO, Pascal VOC, CSV."""
