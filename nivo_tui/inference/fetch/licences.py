"""Which licences a person has been told of: each once for each pack."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nivo_tui.inference.packs.registry import Registered

FILE_NAME = "licences.json"


def licence_news(home_models: Path, entry: Registered) -> str | None:
    """The line to show before a pack first comes; None where it was shown. It counts as shown from now on."""
    path = home_models / FILE_NAME
    shown = _read(path)
    known = shown.get(entry.name)
    if isinstance(known, dict) and known.get("licence") == entry.licence:
        return None
    shown[entry.name] = {
        "licence": entry.licence,
        "url": entry.licence_url or None,
        "shown": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with suppress(OSError):  # it is then shown again, which harms nobody
        path.write_text(json.dumps(shown, indent=2) + "\n", encoding="utf-8")
    where = f" ({entry.licence_url})" if entry.licence_url else ""
    use = "; it is not for commercial use" if entry.non_commercial else ""
    return f"the models of {entry.name} come under this licence: {entry.licence}{where}{use}"


def _read(path: Path) -> dict[str, Any]:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return stored if isinstance(stored, dict) else {}
