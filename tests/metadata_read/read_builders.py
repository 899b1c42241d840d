"""Small files of each container, built byte by byte, so that the readers are tested against the formats."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SRATIONAL = 1, 2, 3, 4, 5, 7, 10
SIZES = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, UNDEFINED: 1, SRATIONAL: 8}
CODES = {BYTE: "B", SHORT: "H", LONG: "I", RATIONAL: "I", SRATIONAL: "i"}


def value_bytes(kind: int, value: object, order: str) -> tuple[int, bytes]:
    """Count and bytes of a TIFF value: text, bytes, a number or several, fractions as pairs."""
    if isinstance(value, str) and kind not in (RATIONAL, SRATIONAL):
        value = value.encode("utf-8") + b"\0"
    if isinstance(value, bytes):
        return len(value) // SIZES[kind], value
    values = value if isinstance(value, list) else [value]
    if kind in (RATIONAL, SRATIONAL):
        flat = [n for v in values for n in (v if isinstance(v, tuple) else Fraction(v).as_integer_ratio())]
        return len(values), struct.pack(f"{order}{len(flat)}{CODES[kind]}", *flat)
    return len(values), struct.pack(f"{order}{len(values)}{CODES[kind]}", *values)


def tiff(
    main: dict,
    exif: dict | None = None,
    gps: dict | None = None,
    *,
    subs: list[dict] = (),
    pages: list[dict] = (),
    order: str = "<",
    big: bool = False,
    magic: int | None = None,
) -> bytes:
    """A TIFF: directories are {tag: (type, value)}; `subs` hang below IFD0 and `pages` follow it."""
    pointer, pointer_code = (8, "Q") if big else (4, "I")
    start = 16 if big else 8
    body = bytearray()

    def place(data: bytes) -> int:
        if (start + len(body)) % 2:
            body.append(0)
        at = start + len(body)
        body.extend(data)
        return at

    def directory(entries: dict, following: int) -> int:
        rows = b""
        for tag in sorted(entries):
            kind, value = entries[tag]
            count, data = value_bytes(kind, value, order)
            stored = (
                data.ljust(pointer, b"\0")
                if len(data) <= pointer
                else struct.pack(order + pointer_code, place(data))
            )
            rows += struct.pack(f"{order}HH{pointer_code}", tag, kind, count) + stored
        head = struct.pack(order + ("Q" if big else "H"), len(entries))
        return place(head + rows + struct.pack(order + pointer_code, following))

    following = 0
    for page in reversed(pages):
        following = directory(page, following)
    main = dict(main)
    if exif is not None:
        main[0x8769] = (LONG, directory(exif, 0))
    if gps is not None:
        main[0x8825] = (LONG, directory(gps, 0))
    if subs:
        main[0x14A] = (LONG, [directory(sub, 0) for sub in subs])
    first = directory(main, following)
    mark = b"II" if order == "<" else b"MM"
    if big:
        return mark + struct.pack(order + "HHHQ", 43, 8, 0, first) + bytes(body)
    return mark + struct.pack(order + "HI", magic or 42, first) + bytes(body)


def segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


def jpeg(
    *,
    exif: bytes | None = None,
    xmp: bytes | None = None,
    iptc: bytes | None = None,
    size=(640, 480),
    extra=b"",
) -> bytes:
    """A JPEG's segments around a scan that is no picture."""
    data = b"\xff\xd8"
    if exif is not None:
        data += segment(0xE1, b"Exif\0\0" + exif)
    if xmp is not None:
        data += segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)
    if iptc is not None:
        data += segment(0xED, b"Photoshop 3.0\0" + photoshop(iptc))
    data += extra
    data += segment(0xC0, struct.pack(">BHHB", 8, size[1], size[0], 1) + b"\1\x11\0")
    return data + segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\x34\xff\x00\x56" + b"\xff\xd9"


def photoshop(iptc: bytes) -> bytes:
    """Image resources: one that is not ours, with a name, then IPTC."""
    other = b"8BIM" + struct.pack(">H", 0x03ED) + b"\x03abc" + struct.pack(">I", 3) + b"xyz\0"
    return other + b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(iptc)) + iptc + b"\0" * (len(iptc) % 2)


def dataset(record: int, number: int, value: bytes, *, extended: bool = False) -> bytes:
    length = struct.pack(">HI", 0x8004, len(value)) if extended else struct.pack(">H", len(value))
    return bytes([0x1C, record, number]) + length + value


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks: bytes, size=(640, 480), after: bytes = b"") -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + b"".join(chunks)
        + chunk(b"IDAT", b"\0" * 9000)
        + after
        + chunk(b"IEND", b"")
    )


def raw_profile(name: str, data: bytes) -> bytes:
    """ImageMagick's profile text, in a compressed chunk."""
    digits = data.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    text = f"\n{name}\n{len(data):8}\n{lines}\n".encode()
    return chunk(b"zTXt", f"Raw profile type {name}".encode() + b"\0\0" + zlib.compress(text))


def riff_chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def webp(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def box(kind: bytes, *parts: bytes) -> bytes:
    payload = b"".join(parts)
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def big_box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4sQ", 1, kind, 16 + len(payload)) + payload


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def heic(
    *,
    exif: bytes | None = None,
    xmp: bytes | None = None,
    size=(640, 480),
    turns: int = 0,
    in_idat: bool = False,
    wide: bool = False,
    exif_prefix: bytes = b"\0\0\0\0",
    clap: tuple[int, int, int, int] | None = None,
) -> bytes:
    """A HEIC of one item: its items in mdat or in idat; `wide` uses the 32-bit versions of the tables."""
    version, code = (3, "I") if wide else (2, "H")
    items = [(1, b"hvc1", b"\0", b"\xaa" * 64)]
    if exif is not None:
        items.append((2, b"Exif", b"\0", exif_prefix + exif))
    if xmp is not None:
        items.append((3, b"mime", b"\0application/rdf+xml\0\0", xmp))
    infe = [
        full_box(b"infe", version, 0, struct.pack(f">{code}H4s", number, 0, kind), rest)
        for number, kind, rest, _ in items
    ]
    properties = [full_box(b"ispe", 0, 0, struct.pack(">II", 160, 120))]
    properties.append(full_box(b"ispe", 0, 0, struct.pack(">II", *size)))
    properties.append(box(b"irot", bytes([turns])))
    properties.append(box(b"clap", struct.pack(">8I", *(clap or (1, 1, 1, 1)), 0, 1, 0, 1)))
    given = [0x8002, 0x8004, 0x8003] if clap else [0x8002, 0x8003]
    ipma = full_box(
        b"ipma", 1 if wide else 0, 1, struct.pack(f">I{code}B{len(given)}H", 1, 1, len(given), *given)
    )
    references = [box(b"cdsc", struct.pack(f">{code}H{code}", number, 1, 1)) for number, *_ in items[1:]]
    ftyp = box(b"ftyp", b"heic\0\0\0\0mif1heic")

    def meta(base: int) -> bytes:
        rows, at = b"", base
        for number, _, _, data in items:
            construction = struct.pack(">H", 1 if in_idat and number != 1 else 0)
            rows += struct.pack(f">{code}", number) + construction + struct.pack(">HHII", 0, 1, at, len(data))
            at += len(data)
        iloc = full_box(b"iloc", 2 if wide else 1, 0, b"\x44\x00", struct.pack(f">{code}", len(items)), rows)
        return full_box(
            b"meta", 0, 0,
            full_box(b"hdlr", 0, 0, b"\0\0\0\0pict" + b"\0" * 13),
            full_box(b"pitm", 1 if wide else 0, 0, struct.pack(f">{code}", 1)),
            full_box(b"iinf", 1 if wide else 0, 0, struct.pack(f">{code}", len(items)), *infe),
            full_box(b"iref", 1 if wide else 0, 0, *references),
            box(b"iprp", box(b"ipco", *properties), ipma),
            iloc,
            box(b"idat", b"".join(item[3] for item in items)) if in_idat else b"",
        )  # fmt: skip

    data = b"".join(item[3] for item in items)
    base = 0 if in_idat else len(ftyp) + len(meta(0)) + 16
    return ftyp + meta(base) + big_box(b"mdat", data)


def cr3(main: bytes, exif: bytes, gps: bytes, xmp: bytes) -> bytes:
    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    adobe = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
    parts = box(b"CMT1", main) + box(b"CMT2", exif) + box(b"CMT4", gps)
    moov = box(b"moov", box(b"uuid", canon, parts), box(b"trak", b"\0" * 20))
    return box(b"ftyp", b"crx \0\0\0\1crx isom") + moov + box(b"uuid", adobe, xmp) + box(b"mdat", b"\0" * 99)


def raf(preview: bytes, cropped=(4256, 2848)) -> bytes:
    record = struct.pack(">HHHH", 0x111, 4, cropped[1], cropped[0])
    directory = struct.pack(">I", 2) + struct.pack(">HHI", 0x130, 4, 7) + record
    head = b"FUJIFILMCCD-RAW 0201FF383501".ljust(0x54, b"\0")
    start = 0x94
    head += struct.pack(">4I", start, len(preview), start + len(preview), len(directory))
    return head.ljust(start, b"\0") + preview + directory


def xmp_packet(body: str) -> bytes:
    """A packet around properties; the usual prefixes are declared."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"'
        ' xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/"'
        f' xmlns:exifEX="http://cipa.jp/exif/1.0/">{body}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    ).encode()


def subjects(*words: str) -> str:
    items = "".join(f"<rdf:li>{word}</rdf:li>" for word in words)
    return f"<dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject>"
