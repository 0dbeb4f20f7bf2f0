"""Images behind http and https URLs. Nothing is fetched but the URL that a user gives."""

import urllib.error
import urllib.request
from typing import Any

from opsin.core import DataError

MAX_DOWNLOAD_BYTES = 2**26
TIMEOUT_SECONDS = 20.0
URL_SCHEMES = ("http://", "https://")


def is_url(text: Any) -> bool:
    """Returns True for text that begins with http:// or https://.

    Examples:
        >>> is_url("https://example.org/cat.jpg"), is_url("cat.jpg"), is_url("file:///etc/passwd")
        (True, False, False)
    """
    return isinstance(text, str) and text.lower().startswith(URL_SCHEMES)


def fetch_image(url: str) -> bytes:
    """Downloads an image of at most 64 MiB. Redirects are followed to http and https only.

    Args:
        url: Address of the image.

    Returns:
        The bytes; that they are an image is checked when they are decoded.

    Raises:
        DataError: The server cannot be reached in time, or does not return an image.
    """
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "opsin", "Accept": "image/*"})
        with opener.open(request, timeout=TIMEOUT_SECONDS) as reply:
            kind = reply.headers.get_content_type()
            if kind.startswith("text/"):
                raise DataError(f"{url} is {kind}. Expected an image. Fix: use the address of the image itself.")
            content = reply.read(MAX_DOWNLOAD_BYTES + 1)
    except (OSError, ValueError, urllib.error.URLError) as error:
        reason = " ".join(str(getattr(error, "reason", None) or error).split())
        raise DataError(f"{url} cannot be fetched: {reason}. Expected the address of an image.") from error
    if len(content) > MAX_DOWNLOAD_BYTES:
        raise DataError(f"{url} is larger than {MAX_DOWNLOAD_BYTES:,} bytes. Expected one image.")
    return content
