"""What the demo's check sees of the files by readers that are not ours: hashes, pixels, keywords."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

_SUBJECT = "{http://purl.org/dc/elements/1.1/}subject"
_HIERARCHY = "{http://ns.adobe.com/lightroom/1.0/}hierarchicalSubject"
_ITEM = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"


def digests(folder: str) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its path."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            found[path] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return found


def pixels(path: str) -> str:
    """SHA-256 of the pixels that Pillow decodes."""
    with _opened(path) as image:
        return hashlib.sha256(image.convert("RGB").tobytes()).hexdigest()


def subjects(path: str) -> list[str]:
    """The items of dc:subject in a photo or sidecar, by Pillow and the standard library's XML parser."""
    return _items(path, _SUBJECT)


def hierarchies(path: str) -> list[str]:
    """The items of lr:hierarchicalSubject, read in the same way."""
    return _items(path, _HIERARCHY)


def _items(path: str, field: str) -> list[str]:
    if path.lower().endswith(".xmp"):
        packet = Path(path).read_bytes()
    else:
        with _opened(path) as image:
            packet = image.info.get("xmp") or b""
    if not packet:
        return []
    text = packet.decode("utf-8") if isinstance(packet, bytes) else str(packet)
    tree = ElementTree.fromstring(text.strip("\ufeff\0 \r\n"))
    return [item.text or "" for found in tree.iter(field) for item in found.iter(_ITEM)]


def _opened(path: str) -> Any:
    import pillow_heif
    from PIL import Image

    pillow_heif.register_heif_opener()
    return Image.open(path)
