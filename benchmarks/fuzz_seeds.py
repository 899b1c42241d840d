"""Seeds for `fuzz.py`, and the ways in which files of each kind are taken apart and set right again."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pillow_heif
from PIL import Image, PngImagePlugin

PACKET = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="3">'
    b"<dc:subject><rdf:Bag><rdf:li>sea</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF>"
    b"</x:xmpmeta>" + b" " * 300 + b'<?xpacket end="w"?>'
)
IPTC = b"\x1c\x01\x5a\0\x03\x1b%G\x1c\x02\0\0\x02\0\4\x1c\x02\x19\0\x03sea\x1c\x02\x78\0\x06a text"
PHOTOSHOP = (
    b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(IPTC)) + IPTC + b"\0" * (len(IPTC) & 1)
)
SUFFIXES = {
    "jpeg": {".jpg", ".jpeg"},
    "png": {".png"},
    "webp": {".webp"},
    "bmff": {".heic", ".heif", ".hif", ".avif"},
    "tiff": {".tif", ".tiff", ".dng"},
}
_BLOCKS = {
    "xmp": ((b"<?xpacket begin", b"<x:xmpmeta"), 20_000),
    "exif": ((b"Exif\0\0",), 20_000),
    "iptc": ((b"\x1c\x01\x5a", b"\x1c\x02\0"), 2_000),
}


def _picture(mode: str = "RGB") -> Image.Image:
    return Image.linear_gradient("L").resize((24, 16)).convert(mode)


def _saved(fmt: str, image: Image.Image | None = None, **options: object) -> bytes:
    buffer = io.BytesIO()
    (image or _picture()).save(buffer, fmt, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x010E], exif[0x010F], exif[0x0112] = "a text", "maker", 6
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0comment"
    return exif.tobytes()


def made_seeds(name: str) -> Iterator[bytes]:
    """Small files, or blocks, of a kind: bare ones and some with metadata."""
    exif, frames = _exif(), [_picture(), _picture().rotate(180)]
    if name == "jpeg":
        yield _saved("JPEG")
        yield _saved("JPEG", exif=exif, xmp=PACKET, icc_profile=b"p" * 40)
        whole = _saved("JPEG", exif=exif)
        yield whole[:2] + b"\xff\xed" + struct.pack(">H", len(PHOTOSHOP) + 2) + PHOTOSHOP + whole[2:]
        yield _saved("MPO", save_all=True, append_images=frames)
    elif name == "png":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", PACKET.decode())
        info.add_text("Title", "a text", zip=True)
        yield _saved("PNG")
        yield _saved("PNG", pnginfo=info, exif=exif, dpi=(72, 72))
        yield _saved("PNG", frames[0], save_all=True, append_images=frames[1:])
        profile = b"\nxmp\n%8d\n" % len(PACKET) + PACKET.hex().encode()
        chunk = b"zTXtRaw profile type xmp\0\0" + zlib.compress(profile)
        raw = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        yield _saved("PNG")[:33] + raw + _saved("PNG")[33:]
    elif name == "webp":
        yield _saved("WEBP")
        yield _saved("WEBP", lossless=True)
        yield _saved("WEBP", _picture("RGBA"), exif=exif, xmp=PACKET, icc_profile=b"p" * 40)
        yield _saved("WEBP", frames[0], save_all=True, append_images=frames[1:])
    elif name == "bmff":
        for options in ({}, {"exif": exif}, {"exif": exif, "xmp": PACKET}):
            for fmt in ("HEIF", "AVIF"):
                buffer = io.BytesIO()
                if fmt == "HEIF":
                    pillow_heif.from_pillow(_picture().resize((64, 64))).save(buffer, **options)
                else:
                    _picture().resize((64, 64)).save(buffer, fmt, **options)
                yield buffer.getvalue()
    elif name == "tiff":
        yield _saved("TIFF")
        yield _saved("TIFF", tiffinfo={700: PACKET, 0x83BB: IPTC, 270: "a text"})
        yield _saved("TIFF", frames[0], save_all=True, append_images=frames[1:], compression="tiff_lzw")
        yield _saved("TIFF", frames[0], big_tiff=True)
    elif name == "xmp":
        yield PACKET
        yield PACKET[PACKET.index(b"<x:") : PACKET.index(b"</x:xmpmeta>") + 12]
    elif name == "iptc":
        yield IPTC
        yield b"\x1c\x02\x19\0\x03sea\x1c\x02\x05\x80\x04\0\0\0\x04text"
    elif name == "exif":
        yield exif.removeprefix(b"Exif\0\0")


def seeds_in(folder: Path, name: str) -> Iterator[bytes]:
    """The files of a kind in a folder; for a block, what stands in them from its beginning on."""
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        if name in SUFFIXES:
            if path.suffix.lower() in SUFFIXES[name]:
                yield path.read_bytes()
            continue
        marks, most = _BLOCKS[name]
        data = path.read_bytes()
        starts = [(at, mark) for mark in marks if (at := data.find(mark)) >= 0]
        if starts:
            at, mark = min(starts)
            block = data[at + (len(mark) if name == "exif" else 0) :][:most]
            end = block.find(b'<?xpacket end="w"?>')
            yield block[: end + 19] if name == "xmp" and end >= 0 else block


# -- taking apart


def _png_parts(data: bytes) -> list[tuple[bytes, bytes]]:
    at, parts = 8, []
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        parts.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return parts


def _png(parts: list[tuple[bytes, bytes]]) -> bytes:
    pieces = [b"\x89PNG\r\n\x1a\n"]
    for kind, body in parts:
        pieces += (struct.pack(">I", len(body)), kind, body, struct.pack(">I", zlib.crc32(kind + body)))
    return b"".join(pieces)


def _webp_parts(data: bytes) -> list[tuple[bytes, bytes]]:
    at, parts = 12, []
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        parts.append((data[at : at + 4], data[at + 8 : at + 8 + length]))
        at += 8 + length + (length & 1)
    return parts


def _webp(parts: list[tuple[bytes, bytes]]) -> bytes:
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) & 1)
        for kind, payload in parts
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


_Parts = list[tuple[bytes, bytes]]


def _shuffled(
    take: Callable[[bytes], _Parts], join: Callable[[_Parts], bytes]
) -> Callable[[bytes, random.Random], bytes]:
    """A mutation that doubles, drops, moves or renames a part of a file, or cuts or changes what is in it."""

    def mutate(data: bytes, chance: random.Random) -> bytes:
        parts = take(data)
        if not parts:
            return data
        at = chance.randrange(len(parts))
        kind, body = parts[at]
        deed = chance.randrange(8)
        if deed in (1, 2):
            del parts[at]
        if deed in (0, 2):
            parts.insert(chance.randrange(len(parts) + 1), (kind, body))
        if deed == 3:
            parts[at] = (chance.choice(parts)[0], body)
        if deed == 4:
            parts[at] = (kind, body[: chance.randrange(len(body) + 1)])
        if deed > 4:
            start = int(len(body) * chance.random() ** 3)
            end = start + chance.randrange(4)
            parts[at] = (kind, body[:start] + chance.randbytes(deed - 4) + body[end:])
        return join(parts)

    return mutate


MUTATIONS = {"png": _shuffled(_png_parts, _png), "webp": _shuffled(_webp_parts, _webp)}
REPAIRS: dict[str, Callable[[bytes], bytes]] = {
    "png": lambda data: _png(_png_parts(data)),
    "webp": lambda data: data[:4] + struct.pack("<I", max(0, len(data) - 8)) + data[8:],
}
