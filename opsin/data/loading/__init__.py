"""Training batches: gathering and augmentation."""
