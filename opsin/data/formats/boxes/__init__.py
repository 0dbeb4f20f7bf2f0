"""Readers for bounding boxes: COCO, YOLO, Pascal VOC, CSV."""
