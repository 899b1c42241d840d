"""Where the style sheets are: inside the installed package, or beside it in a working copy."""

from __future__ import annotations

from pathlib import Path, PurePath

import nivo_tui
from nivo_tui.errors import NivoError

FIRST_SHEET = "app.tcss"
REVIEW_SHEETS = ("review.tcss", "dialogs.tcss")


def style_sheets(*names: str) -> list[str | PurePath]:
    """The paths of the style sheets, in the order in which they apply. Raises NivoError without them."""
    package = Path(nivo_tui.__file__).resolve().parent
    for folder in (package / "styles", package.parent / "styles"):
        if (folder / FIRST_SHEET).is_file():
            return [folder / name for name in names]
    raise NivoError("the style sheets are missing from this installation: install nivo-tui again")
