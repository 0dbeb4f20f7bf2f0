"""`opsin explain`: what makes a network a CNN, measured on it, and a page that runs it in the browser."""

import textwrap
from pathlib import Path
from typing import Annotated

import typer

from . import options
from .output import print_json
from .progress import reporting

WIDTH = 78


def explain(
    model: options.ModelFile,
    image: Annotated[str, typer.Argument(metavar="IMAGE", help="Image file.")],
    out: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="HTML page that runs the network in the browser."),
    ] = Path("inside.html"),
    data: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Images of the training data: adds what each depth knows, and the patches that excite units most.",
            show_default=False,
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Looks inside a network.

    Measures local connectivity, parameter sharing, hierarchy and invariance, checks saliency maps, and writes a page.
    """
    with reporting() as progress:
        from opsin import api

        found = api.explain(api.load(model, "cpu"), image, data=data, out=out, title=model.name, progress=progress)
    if as_json:
        print_json(found.to_json())
        return
    print(api.prediction_text(found.prediction))
    for name, text in api.findings(found):
        print(textwrap.fill(f"{name}: {text}", WIDTH, subsequent_indent="  "))
    for one in found.saliency:
        print(f"Saliency, {one.method}: {'passes' if one.passes else 'does not pass'} its checks")
    print(f"page  {out}")
