"""Default networks, input sizes and augmentation, from what measured best on validation splits (docs/LOG.md)."""

from opsin.data import Augmentation, ImageStatistics, Photometric

from .task import NetworkChoice

SMALL_SIDE = 64
CPU_SIDE, CPU_SIDE_OF_NUMBERS, GPU_SIDE = 128, 160, 224
SHORT_SECONDS = 300.0
NOMINAL_RATE = 500.0
"""Training images of resnet_small per second on two processors (benchmarks/results)."""
ENOUGH_EPOCHS = 12
"""With fewer epochs resnet_tiny, which trains four times as many epochs in the same time, is better on validation."""
UNBLURRED_SIDE = 96
"""Up to this many pixels images are only flipped and translated by whole pixels, so that nothing is blurred."""
MAP_SIDES, GRID_SIDES = {"cpu": 512}, {"cpu": 416}
GPU_MAP_SIDE, GPU_GRID_SIDE = 768, 640
"""Longest side of the input of U-Nets (maps) and detectors (grids), by type of device."""
SPATIAL_BATCH_PIXELS = 2**21
"""Pixels in a batch of a U-Net or detector: each pixel is a training example."""
MICROSCOPE_PHOTOMETRIC = Photometric(gamma=0.25, contrast=0.4, brightness=0.3, blur=0.4, illumination=100.0, noise=1.5)
"""Photometric augmentation of microscopy, where illumination and focus vary more than objects (docs/LOG.md)."""


def classifier_network(images: ImageStatistics, count: int, device: str, seconds: float | None) -> NetworkChoice:
    """Returns the default network for class probabilities.

    Examples:
        >>> classifier_network(ImageStatistics(32, 32, True, 100), 50_000, "cpu", 3600.0).name
        'resnet_small'
    """
    if images.volumes is not None:
        shape = "x".join(map(str, images.volumes.size))
        return NetworkChoice("resnet_tiny", (), f"{count:,} volumes of about {shape}: few filters, which train fast")
    size = _fitted(images, CPU_SIDE if device == "cpu" else GPU_SIDE, least=9)
    shape = f"{images.height}x{images.width}"
    if max(images.height, images.width) > SMALL_SIDE:
        return NetworkChoice("resnet18", size, f"{count:,} images of about {shape}: 18 residual layers suffice")
    if device == "cpu" and (seconds or SHORT_SECONDS) * NOMINAL_RATE / max(1, count) < ENOUGH_EPOCHS:
        reason = f"images of {shape} and little time for {count:,} of them: fewer filters, more epochs"
        return NetworkChoice("resnet_tiny", size, reason)
    return NetworkChoice("resnet_small", size, f"images of {shape} are small: few, wide stages learn fastest")


def regression_network(images: ImageStatistics, count: int, device: str, seconds: float | None) -> NetworkChoice:
    """Returns the default network for numbers, which tend to add up over an image, such as counts.

    Examples:
        >>> regression_network(ImageStatistics(150, 150, False, 100), 200, "cpu", None).name
        'resnet_tiny_average'
    """
    if device != "cpu":
        return classifier_network(images, count, device, seconds)
    size = _fitted(images, CPU_SIDE_OF_NUMBERS, least=9)
    shape = f"{images.height}x{images.width}"
    reason = f"numbers for {count:,} images of about {shape}: few filters, averaged over the image"
    return NetworkChoice("resnet_tiny_average", size, reason)


def map_network(images: ImageStatistics, count: int, device: str) -> NetworkChoice:
    """Returns the default network for maps: a U-Net.

    Examples:
        >>> map_network(ImageStatistics(512, 512, False, 30), 30, "cpu").name
        'unet_small'
    """
    return _spatial("unet_small", images, count, MAP_SIDES.get(device, GPU_MAP_SIDE))


def grid_network(images: ImageStatistics, count: int, device: str) -> NetworkChoice:
    """Returns the default network for grids: a detector.

    Examples:
        >>> grid_network(ImageStatistics(480, 640, True, 205), 205, "cpu").size
        (312, 416)
    """
    return _spatial("detector_small", images, count, GRID_SIDES.get(device, GPU_GRID_SIDE))


def image_augmentation(side: int, *, hflip: bool, rotate90: bool, long: bool, numbers: bool = False) -> Augmentation:
    """Returns the augmentation for targets of whole images; `numbers` change with the scale and with erased parts."""
    small = side <= UNBLURRED_SIDE
    return Augmentation(
        hflip=hflip,
        rotate90=rotate90,
        translate=max(1, round(side / 16)) if side >= 16 else 0,
        rotate=0.0 if small else 10.0,
        scale=0.0 if small or numbers else 0.1,
        brightness_contrast=0.0 if small else 0.1,
        random_erasing=round(side * (0.3 if small else 0.25)) if long and not numbers else 0,
    )


def spatial_augmentation(
    side: int, *, hflip: bool, rotate90: bool, rotate: float, photometric: Photometric | None = None
) -> Augmentation:
    """Returns the augmentation for boxes and masks, which move with the image.

    Args:
        side: Longer side of the network's input, in pixels.
        hflip: Horizontal flips keep the target.
        rotate90: Rotations by 90 degrees keep the target.
        rotate: Largest rotation in degrees.
        photometric: Photometric changes instead of brightness and contrast.
    """
    return Augmentation(
        hflip=hflip,
        rotate90=rotate90,
        translate=round(side / 16),
        rotate=rotate,
        scale=0.25,
        brightness_contrast=0.15 if photometric is None else 0.0,
        photometric=photometric or Photometric(),
    )


def _fitted(images: ImageStatistics, limit: int, least: int) -> tuple[int, int]:
    scale = min(1.0, limit / max(images.height, images.width))
    return max(least, round(images.height * scale)), max(least, round(images.width * scale))


def _spatial(name: str, images: ImageStatistics, count: int, limit: int) -> NetworkChoice:
    reason = f"{count:,} images of about {images.height}x{images.width}: few filters where feature maps are large"
    return NetworkChoice(name, _fitted(images, limit, least=32), reason)
