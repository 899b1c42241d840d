"""PNG and WebP files, made chunk by chunk, for the tests of writing."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

XMP_KEYWORD = b"XML:com.adobe.xmp"


def picture(mode: str = "RGB", size: tuple[int, int] = (40, 30)) -> Image.Image:
    return Image.linear_gradient("L").resize(size).convert(mode)


def encoded(fmt: str, image: Image.Image | None = None, **options: object) -> bytes:
    buffer = io.BytesIO()
    (image or picture()).save(buffer, fmt, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def decoded(data: bytes) -> list[object]:
    """What Pillow sees of a picture, but its XMP and texts: sizes, profiles, the pixels of each frame."""
    with Image.open(io.BytesIO(data)) as image:
        seen: list[object] = [image.size, image.mode, getattr(image, "n_frames", 1)]
        seen += [image.info.get(name) for name in ("icc_profile", "exif", "duration", "loop", "gamma", "dpi")]
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            seen.append(image.tobytes())
        return seen


# -- PNG


def chunk(kind: bytes, payload: bytes = b"") -> bytes:
    crc = zlib.crc32(kind + payload)
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", crc)


def png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and payload of each chunk, up to and with IEND."""
    at, found = 8, []
    while not found or found[-1][0] != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, at)
        payload = data[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + payload) == struct.unpack_from(">I", data, at + 8 + length)[0], kind
        found.append((kind, payload))
        at += 12 + length
    return found


def png(*chunks: bytes, behind: tuple[bytes, ...] = (), trailer: bytes = b"", **options: object) -> bytes:
    """A small PNG with `chunks` in front of its image data, and `behind` after it."""
    whole = encoded("PNG", **options)  # type: ignore[arg-type]
    at = whole.index(b"IDAT") - 4
    end = whole.index(b"IEND") - 4
    return b"".join((whole[:at], *chunks, whole[at:end], *behind, whole[end:], trailer))


def itxt(packet: bytes, *, compressed: bool = False, language: bytes = b"", translated: bytes = b"") -> bytes:
    text = zlib.compress(packet) if compressed else packet
    head = XMP_KEYWORD + (b"\0\x01\0" if compressed else b"\0\0\0")
    return chunk(b"iTXt", head + language + b"\0" + translated + b"\0" + text)


def raw_profile(name: bytes, data: bytes, kind: bytes = b"zTXt", title: bytes | None = None) -> bytes:
    """A profile as ImageMagick writes it: a name, the count in decimal, lines of 72 hex digits."""
    digits = data.hex().encode()
    lines = b"\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    text = b"\n%s\n%8d\n%s\n" % (title or name, len(data), lines)
    keyword = b"Raw profile type " + name + b"\0"
    if kind == b"zTXt":
        return chunk(kind, keyword + b"\0" + zlib.compress(text))
    if kind == b"iTXt":
        return chunk(kind, keyword + b"\0\0\0\0" + text)
    return chunk(kind, keyword + text)


# -- WebP


def riff_chunk(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) & 1)


def riff(*chunks: bytes, more: int = 0) -> bytes:
    """A WebP of chunks; its size field says `more` bytes than there are."""
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) + more) + body


def riff_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and payload of each chunk of a WebP whose size is right and whose padding is zero."""
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    assert end <= len(data)
    at, found = 12, []
    while at < end:
        kind, length = struct.unpack_from("<4sI", data, at)
        found.append((kind, data[at + 8 : at + 8 + length]))
        assert not length & 1 or data[at + 8 + length] == 0
        at += 8 + length + (length & 1)
    assert at == end
    return found


def webp(mode: str = "RGB", *, lossless: bool = False, **options: object) -> bytes:
    return encoded("WEBP", picture(mode), lossless=lossless, **options)
