"""Any packet keeps all that is not ours, to the byte, through a write and its removal."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nivo_tui.metadata import xmp
from nivo_tui.metadata.regions import NamedFace, Regions
from nivo_tui.metadata.xmp import Applied, Keyword, Location, XmpFacts
from nivo_tui.metadata.xmp_edit import BlockValue, XmpChange, edit, remove
from nivo_tui.metadata.xmp_tree import PREFIXES, XmpError
from tests.metadata_write.builders import BEGIN, END, bag, packet

TIME = "2026-11-24T10:00:00+00:00"
OURS = {"dc": "subject title description", "lr": "hierarchicalSubject", "digiKam": "TagsList"}
OURS |= {"xmp": "MetadataDate", "nivo": "Applied Created", "Iptc4xmpExt": "PersonInImage"}
OURS |= {"photoshop": "City Country", "mwg-rs": "Regions"}
TAGS = {f"{{{PREFIXES[prefix]}}}{name}" for prefix, names in OURS.items() for name in names.split()}
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
HEAD = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"{nl}'
    "   xmlns:own='urn:somebody'{nl}\t xmlns:two=\"urn:else\""
)

TEXT = st.text("ab &<>\"'\té日\u0301", max_size=6)
WORD = st.text("abcd日é ", min_size=1, max_size=5).map(str.strip).filter(bool)


def escaped(text: str, quote: str = '"') -> str:
    for old, new in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        (quote, "&#34;" if quote == '"' else "&#39;"),
    ):
        text = text.replace(old, new)
    return text


@st.composite
def properties(draw: st.DrawFn, depth: int = 0) -> str:  # noqa: PLR0911
    """An element that is not ours, in one of the forms of RDF."""
    name = draw(st.sampled_from(("own:a", "two:b", "xmp:CreatorTool", "own:long-name")))
    form = draw(
        st.sampled_from(("text", "empty", "pair", "cdata", "struct", "array", "attributes", "comment"))
    )
    text = escaped(draw(TEXT))
    if form == "empty" or depth > 2:
        return f"<{name} />"
    if form == "pair":
        return f"<{name}></{name} >"
    if form == "cdata":
        return f"<{name}>{text}<![CDATA[<x> & ]]>&#65;{text}</{name}>"
    if form == "struct":
        inner = draw(properties(depth + 1)) + draw(properties(depth + 1))
        return f'<{name} rdf:parseType="Resource">{inner}</{name}>'
    if form == "array":
        kind = draw(st.sampled_from(("Bag", "Seq", "Alt")))
        items = "".join(
            f"<rdf:li xml:lang='{lang}'>{escaped(draw(TEXT))}</rdf:li>"
            for lang in draw(st.lists(st.sampled_from(("x-default", "de", "fr")), max_size=3))
        )
        return f"<{name}>\n  <rdf:{kind}>{items}</rdf:{kind}>\n</{name}>"
    if form == "attributes":
        return f"<{name}  own:x = \"{text}\"\n   two:y='q&quot;{escaped(draw(TEXT), chr(39))}'/>"
    if form == "comment":
        return f"<!-- {name} > x --><?own {name}?><{name}>{text}</{name}>"
    return f'<{name} xml:lang="de">{text}</{name}>'


@st.composite
def packets(draw: st.DrawFn) -> tuple[bytes, list[str]]:
    """A packet, and the pieces of it that are not ours."""
    newline = draw(st.sampled_from(("\n", "\r\n")))
    pieces: list[str] = []
    body = ""
    subjects = draw(st.lists(WORD, max_size=3, unique=True))
    for place in range(draw(st.integers(1, 3))):
        inner = ""
        for _ in range(draw(st.integers(0, 3))):
            piece = draw(properties())
            pieces.append(piece)
            inner += draw(st.sampled_from(("", newline + "  "))) + piece
        if place == 0 and draw(st.booleans()):
            inner += bag("dc:subject", *subjects, kind=draw(st.sampled_from(("Bag", "Seq"))))
        attributes = f"own:set{place}='{escaped(draw(TEXT), chr(39))}'{newline}  xmp:Rating = \"3\""
        if draw(st.booleans()):
            attributes += f"{newline}   xmp:MetadataDate='2001-01-01'"
        pieces.append(attributes.partition(f"{newline}   xmp:M")[0])
        head = HEAD.format(nl=newline)
        about = draw(st.sampled_from(("rdf:about=''", 'rdf:about=""')))
        body += f"{newline}<rdf:Description {about} {head} {attributes} >{inner}{newline}</rdf:Description>"
    extra = draw(st.sampled_from(("", "<!-- between -->", "<?own between?>")))
    text = (
        f"<x:xmpmeta xmlns:x='adobe:ns:meta/'  x:xmptk=\"own\">{extra}"
        f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{body}{extra}{newline}</rdf:RDF>'
        f"</x:xmpmeta>"
    )
    pieces = [
        piece.replace("\n", newline) if newline == "\r\n" and "\r" not in piece else piece for piece in pieces
    ]
    text = text if newline == "\n" else text.replace("\r\n", "\n").replace("\n", "\r\n")
    return BEGIN + text.encode() + draw(st.sampled_from((b"\n", b" " * 3000))) + END, [p for p in pieces if p]


def foreign(data: bytes) -> Counter[str]:
    """What is not ours in a packet, as another parser sees it."""
    root = ET.fromstring(
        data.decode(), ET.XMLParser(target=ET.TreeBuilder(insert_comments=True, insert_pis=True))
    )
    found: Counter[str] = Counter()
    for node in root.iter():
        if not isinstance(node.tag, str):
            found[f"{node.text}"] += 1
    for description in root.iter(f"{RDF}RDF"):
        for each in description:
            found.update(
                f"{k}={v}" for k, v in each.attrib.items() if k not in TAGS and not k.startswith(RDF)
            )
            for child in each:
                if isinstance(child.tag, str) and child.tag not in TAGS:
                    child.tail = None
                    found[ET.canonicalize(ET.tostring(child, encoding="unicode"))] += 1
    return found


def written(words: list[str], run: int = 3, **more: object) -> XmpChange:
    keywords = tuple(Keyword(word, ("Top", word) if len(word) % 2 else ()) for word in words)
    return XmpChange(run, TIME, keywords, **more)  # type: ignore[arg-type]


FACES = Regions((NamedFace("Ann", 10, 10, 40, 40),), 100, 80, 6)


@settings(max_examples=80, deadline=None)
@given(made=packets(), words=st.lists(WORD, max_size=3), rest=st.booleans())
def test_all_that_is_not_ours_stays_to_the_byte(
    made: tuple[bytes, list[str]], words: list[str], rest: bool
) -> None:
    old, pieces = made
    more = {"title": "T", "location": Location("Lisbon", country="P"), "regions": FACES} if rest else {}
    edited = edit(old, written(words, **more))
    new = edited.packet or b""
    left = remove(new, xmp.read(new).applied, TIME).packet or b""
    for data in (new, left):
        assert foreign(data) == foreign(old)
        for piece in pieces:
            assert piece.encode() in data
    before, after = xmp.read(old), xmp.read(left)
    assert after == replace(before, metadata_date=after.metadata_date)
    assert edit(new, written(words, **more)).entries == ()


def without_run(entries: tuple[Applied, ...]) -> set[tuple[object, ...]]:
    return {(e.value, e.path, frozenset(e.fields), e.carried, e.area) for e in entries}


def comparable(facts: XmpFacts) -> tuple[object, ...]:
    lists = (facts.keywords, facts.hierarchies, facts.people, facts.created)
    return (
        *map(frozenset, lists),
        facts.title,
        facts.description,
        facts.location,
        without_run(facts.applied),
    )


@settings(max_examples=80, deadline=None)
@given(made=packets(), words=st.lists(WORD, min_size=2, max_size=5, unique=True), cut=st.integers(0, 5))
def test_after_two_writes_the_first_can_go_as_if_it_had_never_been(
    made: tuple[bytes, list[str]], words: list[str], cut: int
) -> None:
    old = made[0]
    have = xmp.read(old).keywords
    # What the first write made true already is no part of the second.
    new = [word for word in words if word not in have]
    first, second = new[:cut], new[cut:]
    blocks = tuple(BlockValue("iptc:Keywords", word) for word in first)
    created = ("iptc",) if blocks else ()
    a = written(first, title="T", blocks=blocks, created=created, regions=FACES)
    b = written(second, 4, description="D", location=Location("Lisbon"))
    both = edit(edit(old, a).packet, b).packet or b""
    entries = [entry for entry in xmp.read(both).applied if entry.run == 3]
    left = remove(both, entries, TIME).packet or b""
    assert comparable(xmp.read(left)) == comparable(xmp.read(edit(old, b).packet or b""))
    assert foreign(left) == foreign(old)


SIDECAR = (
    "\ufeff<?xml version='1.0' encoding='UTF-8'?>\r\n"
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\" x:xmptk = 'Core'>\r\n"
    '\t<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\r\n<!-- a > b -->\r\n'
    '  <rdf:Description rdf:about=""\r\n\txmlns:xmp="http://ns.adobe.com/xap/1.0/"\r\n'
    "    xmlns:dc='http://purl.org/dc/elements/1.1/'\r\n    xmlns:crs=\"urn:crs\"\r\n"
    "   xmp:MetadataDate='2020-01-01T00:00:00'\r\n"
    '   crs:A="+1&#x41; &gt; &#9;x"   crs:B=\'"q>"\' >\r\n'
    "   <crs:T></crs:T><crs:C><![CDATA[<x>]]>&#65;</crs:C >\r\n"
    "   <dc:subject>\r\n\t\t<rdf:Bag>\r\n\t\t\t<rdf:li>s&#101;a</rdf:li>\r\n"
    "\t\t</rdf:Bag>\r\n   </dc:subject>\r\n"
    "  </rdf:Description>\r\n </rdf:RDF>\r\n</x:xmpmeta>\r\n"
).encode()


def test_a_sidecar_comes_back_to_the_byte_but_for_its_date() -> None:
    edited = edit(SIDECAR, written(["dune", "x"], title="T", regions=FACES))
    new = edited.packet or b""
    assert b"\t\t\t<rdf:li>s&#101;a</rdf:li>\r\n\t\t\t<rdf:li>dune</rdf:li>\r\n" in new
    left = remove(new, xmp.read(new).applied, TIME).packet or b""
    date = b"xmp:MetadataDate='2020-01-01T00:00:00'"
    assert left == SIDECAR.replace(date, b'xmp:MetadataDate="' + TIME.encode() + b'"')


def test_a_packet_that_holds_more_than_a_photos_is_refused_and_a_large_history_is_not() -> None:
    step = '<rdf:li own:num="1" own:params="gz12eJxjYGBgkGCAgRNODESDBnsIHln8ABB3FAA"/>\n'
    history = packet(f"<own:history><rdf:Seq>{step * 8000}</rdf:Seq></own:history>")
    assert len(history) > 600_000
    assert step.encode() * 8000 in (edit(history, written(["dune"])).packet or b"")
    for body, attributes in (
        ("<own:a/>" * 200_000, ""),
        ("", " ".join(f'own:a{n}="1"' for n in range(5_000))),
        ("</rdf:Description><rdf:Description>" * 3_000, ""),
        (bag("dc:subject", *["a"] * 11_000), ""),
        ("<own:a>" * 300 + "</own:a>" * 300, ""),
        ("<own:a>" * 60_000, ""),
    ):
        with pytest.raises(XmpError):
            edit(packet(body, attributes=attributes), written(["dune"]))


def test_only_blanks_between_the_root_and_the_wrappers_end_are_padding() -> None:
    blanks = b" " * 3000
    plain = packet(bag("dc:subject", "sea"), padding=b"")[: -len(END)]
    change = written(["dune", "Zürich"])
    own = edit(plain + blanks + END, change).packet or b""
    assert len(own) == len(plain + blanks + END)
    for tail in (
        b"<?own" + blanks + END,
        b"\n<?own a>" + blanks + END,
        b"<?own <a/>" + blanks + END,
        b"<!-- mine -->" + blanks + END,
        b"<!--" + blanks + END + b"-->" + blanks + END,
    ):
        new = edit(plain + tail, change).packet or b""
        assert new.endswith(tail)
        left = remove(new, xmp.read(new).applied, TIME).packet or b""
        assert left.endswith(tail)


@pytest.mark.parametrize("tail", [b" " * 3_000_000, b"\0" * 3_000_000, b"<!--" * 20_000, b"<?x" * 20_000])
def test_endless_padding_is_passed_over_or_refused(tail: bytes) -> None:
    plain = packet(bag("dc:subject", "sea"))
    for odd in (plain + tail, plain[: -len(END)] + tail, tail + plain):
        try:
            assert "dune" in xmp.read(edit(odd, written(["dune"])).packet or b"").keywords
        except XmpError:
            continue
