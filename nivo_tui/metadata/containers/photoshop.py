"""Photoshop image resources: the IPTC among them, its digest, and the exchange of both.

After the Photoshop File Formats Specification ("Image Resource Blocks": signature, number, Pascal name padded
to even length, length, data padded to even length); the digest (resource 0x0425, the MD5 of the IPTC data)
after the Metadata Working Group's Guidelines 2.0, 3.3.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from nivo_tui.errors import RefusedError

IPTC_RESOURCE = 0x0404
DIGEST_RESOURCE = 0x0425

_SIGNATURE = b"8BIM"
_SIGNATURES = (_SIGNATURE, b"AgHg", b"DCSR", b"MeSa", b"PHUT")
_LEAST_BYTES = 12
_UNFOLLOWABLE = "its Photoshop resources, where the IPTC belongs, cannot be followed"


class PhotoshopError(RefusedError):
    """The image resources are of a form in which the IPTC cannot be exchanged without doubt."""


@dataclass(frozen=True, slots=True)
class _Resource:
    """One resource: offsets of its signature, its data, its data's end, and the byte behind its padding."""

    signature: bytes
    number: int
    start: int
    data_start: int
    data_end: int
    end: int

    def is_ours(self, number: int) -> bool:
        """Whether it is Photoshop's own resource of a number; other signatures number by themselves."""
        return self.signature == _SIGNATURE and self.number == number


def iptc_of(resources: bytes) -> bytes | None:
    """The data of the first IPTC resource, None where there is none before the list ends or breaks off."""
    found = _iptc_among(_followed(resources)[0])
    return resources[found[0].data_start : found[0].data_end] if found else None


def has_digest(resources: bytes) -> bool:
    """Whether there is a digest of the IPTC among the resources."""
    return any(resource.is_ours(DIGEST_RESOURCE) for resource in _followed(resources)[0])


def resources_refusal(resources: bytes) -> str | None:
    """Why the IPTC of these resources cannot be exchanged without doubt; None where it can."""
    found, whole = _followed(resources)
    if not whole:
        return _UNFOLLOWABLE
    if len(_iptc_among(found)) > 1:
        return "it holds IPTC twice, and which one counts is not clear"
    return None


def with_iptc(resources: bytes, iptc: bytes | None) -> bytes:
    """The resources with the IPTC exchanged, appended where there was none, or removed (None).

    All other resources keep their bytes and their order. The digest is set where there was none, or no IPTC,
    or it fitted the old IPTC: one that does not fit tells readers that the IPTC is newer than the XMP, and
    has to go on doing so. With the IPTC goes a digest that fitted it. Raises PhotoshopError where
    `resources_refusal` gives a reason.
    """
    refusal = resources_refusal(resources)
    if refusal:
        raise PhotoshopError(refusal)
    found, _ = _followed(resources)
    standing = _iptc_among(found)
    if iptc is None and not standing:
        return resources
    old = resources[standing[0].data_start : standing[0].data_end] if standing else None
    digests = [resource for resource in found if resource.is_ours(DIGEST_RESOURCE)]
    fitting = [d for d in digests if old is None or resources[d.data_start : d.data_end] == _md5(old)]
    new_data: dict[int, bytes | None] = {resource.start: iptc for resource in standing}
    new_data |= {digest.start: None if iptc is None else _md5(iptc) for digest in fitting}
    missing = []
    if iptc is not None:
        missing += [] if standing else [_resource(IPTC_RESOURCE, iptc)]
        missing += [] if digests else [_resource(DIGEST_RESOURCE, _md5(iptc))]
    return _put_together(resources, found, new_data, missing)


def _put_together(
    resources: bytes, found: list[_Resource], new_data: dict[int, bytes | None], missing: list[bytes]
) -> bytes:
    """The list with the data of some resources exchanged or taken out (None), and others put at its end."""
    pieces: list[bytes] = []
    for resource in found:
        if resource.start not in new_data:
            pieces.append(resources[resource.start : resource.end])
            continue
        data = new_data[resource.start]
        if data is not None:
            head = resources[resource.start : resource.data_start - 4]
            pieces.append(head + struct.pack(">I", len(data)) + data + b"\0" * (len(data) % 2))
    end = found[-1].end if found else 0
    if missing and found and pieces and _lacks_padding(found[-1]) and found[-1].start not in new_data:
        pieces.append(b"\0")
    return b"".join([*pieces, *missing, resources[end:]])


def _lacks_padding(resource: _Resource) -> bool:
    return (resource.data_end - resource.data_start) % 2 == 1 and resource.end == resource.data_end


def _followed(resources: bytes) -> tuple[list[_Resource], bool]:
    """The resources as far as they can be followed, and whether nothing but zero bytes is behind them."""
    found: list[_Resource] = []
    offset = 0
    while offset + _LEAST_BYTES <= len(resources) and resources[offset : offset + 4] in _SIGNATURES:
        number, name_length = struct.unpack_from(">HB", resources, offset + 4)
        data_start = offset + 6 + (1 + name_length + 1) // 2 * 2 + 4
        if data_start > len(resources):
            return found, False
        (length,) = struct.unpack_from(">I", resources, data_start - 4)
        data_end = data_start + length
        if data_end > len(resources):
            return found, False
        end = _end_of_padding(resources, data_start, data_end)
        signature = resources[offset : offset + 4]
        found.append(_Resource(signature, number, offset, data_start, data_end, end))
        offset = end
    return found, not resources[offset:].strip(b"\0")


def _end_of_padding(resources: bytes, data_start: int, data_end: int) -> int:
    """Behind the byte that pads data of odd length. Some writers leave it out."""
    if (data_end - data_start) % 2 == 0 or data_end == len(resources):
        return data_end
    unpadded = resources[data_end : data_end + 4] in _SIGNATURES
    return data_end if unpadded else data_end + 1


def _iptc_among(found: list[_Resource]) -> list[_Resource]:
    return [resource for resource in found if resource.is_ours(IPTC_RESOURCE)]


def _resource(number: int, data: bytes) -> bytes:
    head = _SIGNATURE + struct.pack(">HHI", number, 0, len(data))
    return head + data + b"\0" * (len(data) % 2)


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()
