"""Which other programs left settings of their own in a photo's XMP: they must read it again after a write."""

from __future__ import annotations

from lxml import etree

from nivo_tui.metadata import xmp_lenient, xmp_tree

LIGHTROOM, DARKTABLE = "lightroom", "darktable"

_CAMERA_RAW = "{http://ns.adobe.com/camera-raw-settings/1.0/}"
_DARKTABLE = "{http://darktable.sf.net/}"
_HISTORY = "{http://ns.adobe.com/xap/1.0/mm/}History"
_AGENT = "{http://ns.adobe.com/xap/1.0/sType/ResourceEvent#}softwareAgent"
_ADOBE_DEVELOPERS = ("lightroom", "camera raw")


def developed_by(packet: bytes) -> frozenset[str]:
    """The programs whose develop settings or history a packet holds; none where it cannot be read.

    Lightroom and Camera Raw by their settings (crs:*, XMP Specification Part 2, 3.2) or as the agent of a
    step of xmpMM:History; darktable by its own namespace.
    """
    root, _ = xmp_lenient.read(packet)
    if root is None:
        return frozenset()
    found = set()
    for description in xmp_tree.descriptions(root):
        names = [str(name) for name in description.attrib]
        names += [str(child.tag) for child in description]
        if any(name.startswith(_CAMERA_RAW) for name in names) or _has_history(description):
            found.add(LIGHTROOM)
        if any(name.startswith(_DARKTABLE) for name in names):
            found.add(DARKTABLE)
    return frozenset(found)


def _has_history(description: etree._Element) -> bool:
    agents = [
        agent
        for history in description.iterchildren(_HISTORY)
        for step in history.iter()
        for agent in (step.get(_AGENT), *(child.text for child in step.iterchildren(_AGENT)))
    ]
    return any(word in (agent or "").casefold() for agent in agents for word in _ADOBE_DEVELOPERS)
