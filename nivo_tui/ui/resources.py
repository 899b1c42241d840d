"""Where the style sheets are: inside the installed package, or beside it in a working copy."""

from __future__ import annotations

from importlib import resources
from pathlib import Path, PurePath

from nivo_tui.errors import NivoError

SHEETS = ("app.tcss", "review.tcss", "dialogs.tcss")


def style_sheets() -> list[str | PurePath]:
    """The paths of the style sheets, in the order in which they apply. Raises NivoError without them."""
    for folder in (Path(str(resources.files("nivo_tui"))) / "styles", _beside_package()):
        if (folder / SHEETS[0]).is_file():
            return [folder / name for name in SHEETS]
    raise NivoError("the style sheets are missing from this installation: install nivo-tui again")


def _beside_package() -> Path:
    return Path(__file__).resolve().parents[2] / "styles"
