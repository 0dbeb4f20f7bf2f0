"""Readers of volumes: NIfTI and DICOM, and data sets of them."""
