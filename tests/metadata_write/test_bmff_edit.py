"""The XMP and Exif items of HEIF and AVIF: every form of the item table, offsets, the tail, and refusals."""

from __future__ import annotations

import io
import re
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nivo_tui.errors import RefusedError
from nivo_tui.metadata.blocks import EXIF_TEXTS, IMAGE_DESCRIPTION, USER_COMMENT, BlockChange, Editable
from nivo_tui.metadata.containers.bmff_edit import EditableBmff
from nivo_tui.metadata.containers.bmff_layout import (
    AmbiguousError,
    BmffError,
    CutOffError,
    DamagedError,
    FragmentedError,
    UnknownTrailerError,
)
from nivo_tui.metadata.edits import apply_edits, inverse
from nivo_tui.metadata.undo import undo_run
from tests.metadata_write.builders import PADDING, bag, open_journal, packet, write
from tests.metadata_write.builders_bmff import (
    PRIMARY,
    Form,
    Made,
    box,
    chunk_offsets,
    exif_item,
    full_box,
    heif,
    image,
    meta_of,
    parts_of,
    payloads,
    raw_part,
    table_of,
    xmp_item,
)

OLD = packet(bag("dc:subject", "sea"), padding=b"")
NEW = packet(bag("dc:subject", "sea", "Zürich", "日本"))
LONG = packet(bag("dc:subject", "sea", "Zürich", "日本", *(f"word {n}" for n in range(99))))
TEXT = {IMAGE_DESCRIPTION: "Zürich"}
TEXTS = {IMAGE_DESCRIPTION: "Zürich", USER_COMMENT: "日本"}
XMP, EXIF = 20, 21


def change(data: bytes, wanted: BlockChange) -> bytes:
    """The changed file, which the inverse edits turn into the old one again."""
    editable: Editable = EditableBmff(data)
    edits = editable.edit(wanted)
    changed = apply_edits(data, edits)
    assert apply_edits(changed, inverse(data, edits)) == data
    return changed


def rewritten(data: bytes, new: bytes) -> bytes:
    """The file with another packet; a second write of it changes nothing."""
    changed = change(data, BlockChange(xmp=new))
    again = EditableBmff(changed)
    assert again.packet is not None
    assert _content(again.packet) == _content(new)
    assert again.edit(BlockChange(xmp=again.packet)) == ()
    return changed


def _content(packet: bytes) -> bytes:
    """A packet without its padding, which may be longer or shorter to fit a place."""
    return re.sub(rb"\s*(<\?xpacket end.*)?$", b"", packet)


def others(data: bytes) -> dict[int, bytes | None]:
    """The payloads of all items but the metadata."""
    table = table_of(data)
    return {n: body for n, body in payloads(data).items() if table.items[n].kind not in (b"mime", b"Exif")}


def chunks(data: bytes) -> list[bytes]:
    return [data[at : at + 4] for at in chunk_offsets(data)]


def _with_places(data: bytes, number: int, spans: list[tuple[int, int]], base: int = 0) -> bytes:
    """The file with an item of iloc version 1 elsewhere, in as many pieces as it had."""
    iloc = data.index(b"iloc")
    based = data[iloc + 9] >> 4
    head = data.index(number.to_bytes(2, "big"), iloc + 12)
    at = head + 6 + based
    assert int.from_bytes(data[at : at + 2], "big") == len(spans)
    new = base.to_bytes(based, "big") + len(spans).to_bytes(2, "big")
    new += b"".join(struct.pack(">II", *span) for span in spans)
    return data[: head + 6] + new + data[head + 6 + len(new) :]


def kinds(data: bytes) -> list[bytes]:
    return [part.kind for part in parts_of(data)]


def grown(first: bytes, second: bytes) -> int:
    return len(second) - len(first)


@st.composite
def forms(draw: st.DrawFn) -> Form:
    """Files of every version of the boxes, with and without metadata, in mdat and idat, in pieces."""
    iloc, wide = draw(st.sampled_from([0, 1, 2])), draw(st.booleans())
    methods = st.sampled_from([0, 1]) if iloc else st.just(0)
    offset_size = draw(st.sampled_from([0, 4, 8]))
    base_size = draw(st.sampled_from([4, 8] if not offset_size else [0, 4, 8]))
    pieces = st.integers(1, 3) if offset_size else st.just(1)
    high = 0x10004 if iloc == 2 and wide else 300
    made = [image(PRIMARY, method=draw(methods), pieces=draw(pieces))]
    made += [image(number, method=draw(methods), pieces=draw(pieces)) for number in (7, high)]
    if draw(st.booleans()):
        made.append(
            xmp_item(XMP, draw(st.sampled_from([OLD, NEW, LONG])), method=draw(methods), pieces=draw(pieces))
        )
    if draw(st.booleans()):
        made.insert(draw(st.integers(0, 3)), exif_item(EXIF, method=draw(methods), pieces=draw(pieces)))
    media_first, chunk_bytes = draw(st.booleans()), draw(st.sampled_from([b"", b"chunks of a movie"]))
    return Form(
        iloc=iloc,
        offset_size=offset_size,
        length_size=draw(st.sampled_from([4, 8])),
        base_size=base_size,
        index_size=draw(st.sampled_from([0, 4, 8])),
        infe=3 if high > 0xFFFF else draw(st.sampled_from([2, 3])),
        iinf=draw(st.sampled_from([0, 1])),
        iref=1 if high > 0xFFFF else draw(st.sampled_from([0, 1, *([None] if len(made) == 3 else [])])),
        based=bool(base_size) and draw(st.booleans()),
        media_first=media_first,
        open_ended=not media_first and draw(st.booleans()),
        large_size=media_first and draw(st.booleans()),
        chunks=chunk_bytes,
        before=draw(st.sampled_from([b"", box(b"free", b"room")])),
        after=draw(st.sampled_from([b"", box(b"skip", b"room")])),
        associated=draw(st.permutations([PRIMARY, 7, high])),
        made=tuple(made),
    )


class TestEveryForm:
    @given(forms(), st.lists(st.sampled_from([OLD, NEW, LONG]), min_size=1, max_size=3), st.booleans())
    def test_only_the_metadata_changes(self, form: Form, packets: list[bytes], exif: bool) -> None:
        data = heif(form)
        before, moving, association = others(data), chunks(data), raw_part(data, b"iprp")
        changed = data
        for new in packets:
            changed = rewritten(changed, new)
            if exif:
                changed = change(changed, BlockChange(exif={IMAGE_DESCRIPTION: f"text {len(new)}"}))
                assert EditableBmff(changed).exif_texts == {
                    IMAGE_DESCRIPTION: f"text {len(new)}",
                    USER_COMMENT: None,
                }
        assert others(changed) == before
        assert chunks(changed) == moving
        assert raw_part(changed, b"iprp") == association
        assert table_of(changed).primary == PRIMARY

    @given(forms())
    def test_what_was_added_goes_again_and_leaves_the_items_as_they_were(self, form: Form) -> None:
        data = heif(form)
        old = EditableBmff(data)
        tagged = change(data, BlockChange(xmp=LONG, exif=TEXTS))
        assert EditableBmff(tagged).exif_texts == TEXTS
        nothing = dict.fromkeys(EXIF_TEXTS)
        has_exif = any(item.kind == b"Exif" for item in form.made)
        untagged = change(tagged, BlockChange(xmp=old.packet, exif=nothing, drops_exif=not has_exif))
        assert _content(EditableBmff(untagged).packet or b"") == _content(old.packet or b"")
        assert EditableBmff(untagged).exif_texts == old.exif_texts
        assert [item.kind for item in table_of(untagged).items.values()] == [item.kind for item in form.made]
        assert table_of(untagged).references == table_of(data).references
        assert others(untagged) == others(data)
        if old.packet is None and not has_exif and not form.open_ended and form.iref is None:
            assert untagged == data

    @given(forms())
    def test_repeated_edits_do_not_let_it_grow(self, form: Form) -> None:
        first = change(rewritten(rewritten(heif(form), NEW), LONG), BlockChange(exif=TEXT))
        changed = first
        for turn in range(4):
            changed = rewritten(changed, NEW if turn % 2 == 0 else LONG)
            changed = change(changed, BlockChange(exif={IMAGE_DESCRIPTION: f"Zürich {turn}"}))
        assert grown(first, changed) < 200


class TestPlaces:
    def test_a_packet_that_fits_stays_where_it_lies(self) -> None:
        data = heif(Form(made=(image(PRIMARY), xmp_item(XMP, NEW), image(7))))
        changed = rewritten(data, packet(bag("dc:subject", "sea", "Zürich", "日本", "bar")))
        assert len(changed) == len(data)
        assert EditableBmff(data).edit(BlockChange(xmp=OLD))[0].old_length == len(NEW)

    def test_a_shorter_packet_without_padding_is_filled_with_blanks(self) -> None:
        data = heif(Form(made=(image(PRIMARY), xmp_item(XMP, NEW.replace(PADDING, b"")))))
        changed = rewritten(data, OLD)
        assert len(changed) == len(data)

    @pytest.mark.parametrize("method", [0, 1])
    def test_a_place_that_two_items_share_is_left(self, method: int) -> None:
        made = (image(PRIMARY), xmp_item(XMP, NEW, method=method), image(7, method=method))
        data = heif(Form(base_size=0, made=made))
        begin, _ = table_of(data).items[XMP].extents[0]
        shared = _with_places(data, 7, [(begin + NEW.index(b"sea"), 300)])
        before = payloads(shared)[7]
        changed = rewritten(shared, OLD)
        assert payloads(changed)[7] == before

    def test_a_packet_inside_the_tables_is_not_written_over(self) -> None:
        data = heif(Form(base_size=0, made=(image(PRIMARY), xmp_item(XMP, NEW))))
        for start in (meta_of(data).start + 4, data.index(b"iloc") + 8, data.index(b"infe")):
            with pytest.raises(BmffError, match="across its table"):
                EditableBmff(_with_places(data, XMP, [(start, 40)]))
        properties = data.index(b"ipco")
        inside = _with_places(data, XMP, [(properties, 12)])
        assert raw_part(change(inside, BlockChange(xmp=b"<x/>")), b"iprp") == raw_part(data, b"iprp")

    def test_parts_before_and_behind_the_tables_move_each_by_their_own_way(self) -> None:
        data = heif(
            Form(based=True, before=box(b"free", b"r" * 2000), made=(image(PRIMARY), image(7, pieces=2)))
        )
        first = data.index(b"rrr") + 1900
        second, length = table_of(data).items[PRIMARY].extents[0]
        spread = _with_places(data, 7, [(0, 50), (second - first, length)], base=first)
        assert payloads(spread)[7] == b"r" * 50 + image(PRIMARY).payload
        assert others(rewritten(spread, NEW)) == others(spread)

    def test_the_tail_lies_before_a_motion_video(self) -> None:
        video = box(b"mpvd", box(b"ftyp", b"mp42\0\0\0\0") + b"movie" * 9)
        data = heif(Form(trailer=video))
        changed = rewritten(data, NEW)
        assert kinds(changed) == [b"ftyp", b"meta", b"mdat", b"mdat", b"mpvd"]
        assert changed.endswith(video)
        assert change(changed, BlockChange(xmp=None)).endswith(data[-len(video) :])
        assert kinds(rewritten(changed, LONG)) == kinds(changed)

    def test_media_without_a_stated_end_get_one_before_the_tail(self) -> None:
        changed = rewritten(heif(Form(open_ended=True)), NEW)
        assert kinds(changed) == [b"ftyp", b"meta", b"mdat", b"mdat"]
        assert kinds(change(changed, BlockChange(xmp=None))) == [b"ftyp", b"meta", b"mdat"]

    def test_an_empty_mdat_is_not_taken_for_the_tail(self) -> None:
        data = heif(Form(trailer=box(b"mdat", b"")))
        assert change(rewritten(data, NEW), BlockChange(xmp=None)).endswith(box(b"mdat", b""))

    def test_a_whole_film_behind_the_picture_stays_at_the_end(self) -> None:
        film = box(b"ftyp", b"mp42\0\0\0\0") + box(b"moov", full_box(b"stco", 0, struct.pack(">II", 1, 8)))
        changed = rewritten(heif(Form(trailer=film)), NEW)
        assert changed.endswith(film)

    @pytest.mark.parametrize(
        "trailer", [bytes(3), bytes(64), b"\0\0\x01\n\x0e\0\0\0Image_UTC_Data1SEFH----SEFT"]
    )
    def test_a_trailer_stays_at_the_end(self, trailer: bytes) -> None:
        data = heif(Form(trailer=trailer))
        changed = rewritten(rewritten(data, LONG), NEW)
        assert changed.endswith(trailer)
        assert others(changed) == others(data)
        assert change(changed, BlockChange(xmp=None))[-len(trailer) :] == trailer

    def test_the_place_of_a_video_in_a_trailer_of_samsungs_moves_along(self) -> None:
        plain = heif(Form())
        film = b"film" * 20
        record = b"MotionPhoto_Datampv2" + struct.pack(">II", len(plain) + 8, len(film))
        data = plain + box(b"mpvd", film + box(b"sefd", record + b"SEFH----SEFT"))
        changed = rewritten(data, NEW)
        at = changed.index(b"mpv2") + 4
        start, size = struct.unpack_from(">II", changed, at)
        assert changed[start : start + size] == film

    def test_an_mdat_that_holds_more_than_metadata_is_not_taken_for_the_tail(self) -> None:
        data = heif(Form(made=(image(PRIMARY, method=1), xmp_item(XMP, OLD))))
        changed = rewritten(data, LONG)
        assert b"gap" in changed
        assert kinds(changed).count(b"mdat") == 2

    def test_a_tail_whose_every_byte_is_ours_is_made_anew(self) -> None:
        tagged = change(heif(Form()), BlockChange(xmp=NEW, exif=TEXT))
        changed = change(tagged, BlockChange(xmp=LONG))
        assert kinds(changed) == kinds(tagged)
        assert grown(tagged, changed) == grown(NEW, LONG)
        less = change(changed, BlockChange(xmp=None))
        assert EditableBmff(less).exif_texts == {IMAGE_DESCRIPTION: "Zürich", USER_COMMENT: None}
        assert grown(changed, less) < -len(LONG)

    def test_exif_stays_where_it_is_when_the_packet_changes(self) -> None:
        """A packet in front of it would push it on, and a new packet would stand where Exif stood."""
        tagged = change(heif(Form()), BlockChange(xmp=NEW, exif=TEXT))
        (exif,) = [item.number for item in table_of(tagged).items.values() if item.kind == b"Exif"]
        body = payloads(tagged)[exif] or b""
        tail = parts_of(tagged)[-1]
        assert tagged[tail.payload : tail.end] == body + NEW
        for new in (LONG, OLD):
            changed = change(tagged, BlockChange(xmp=new))
            last = parts_of(changed)[-1]
            assert changed[last.payload : last.end] == body + new
            assert last.start - tail.start == grown(tagged, changed) - grown(NEW, new) == 0

    def test_a_tail_in_another_order_is_left_and_one_of_our_own_begun(self) -> None:
        exif = exif_item(EXIF)
        data = heif(Form(made=(image(PRIMARY, method=1), xmp_item(XMP, b""), exif), base_size=0))
        start, foreign = len(data) + 8, data + box(b"mdat", OLD + exif.payload)
        foreign = _with_places(foreign, XMP, [(start, len(OLD))])
        foreign = _with_places(foreign, EXIF, [(start + len(OLD), len(exif.payload))])
        first = change(foreign, BlockChange(xmp=LONG))
        assert kinds(first) == [*kinds(foreign), b"mdat"]
        assert first[parts_of(first)[-2].payload :].startswith(OLD + exif.payload)
        second = change(first, BlockChange(xmp=NEW))
        assert (kinds(second), grown(first, second)) == (kinds(first), grown(LONG, NEW))
        assert (payloads(second)[XMP], payloads(second)[EXIF]) == (NEW, exif.payload)

    def test_each_write_after_a_description_passes_the_gate(self, tmp_path: Path) -> None:
        journal, path = open_journal(), tmp_path / "a.heic"
        path.write_bytes(heif(Form()))
        old = path.read_bytes()
        for word in ("one", "two words", "three, and many letters more"):
            (receipt,) = write(journal, path, word, description="Zürich", target="file", backup=False)
            assert (receipt.status, receipt.reason) == ("written", None)
        assert EditableBmff(path.read_bytes()).exif_texts == dict.fromkeys(EXIF_TEXTS, "Zürich")
        for _ in range(3):
            (back,) = undo_run(journal, execute=True)
            assert back.mode == "exact"
        assert path.read_bytes() == old

    def test_places_of_further_tables_of_items_move_along(self) -> None:
        inner_table = full_box(b"iloc", 0, b"\x44\0" + struct.pack(">HHHHII", 1, 1, 0, 1, 0, 9))
        inner = full_box(b"meta", 0, full_box(b"hdlr", 0, bytes(21)) + inner_table)
        draft = heif(Form(extra=box(b"moov", inner)))
        target = draft.index(b"mdat") + 4
        data = draft.replace(struct.pack(">HII", 1, 0, 9), struct.pack(">HII", 1, target, 9))
        changed = rewritten(data, NEW)
        at = changed.rindex(b"iloc") + 18
        (moved,) = struct.unpack_from(">I", changed, at)
        assert changed[moved : moved + 9] == data[target : target + 9]

    def test_the_place_of_a_hash_tree_of_content_credentials_moves_along(self) -> None:
        signed = bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + bytes(4) + b"manifest\0"
        draft = heif(Form(after=box(b"uuid", signed + bytes(8) + b"store"), trailer=box(b"mpvd", b"m" * 40)))
        target = draft.rindex(b"mpvd") - 4
        data = draft.replace(signed + bytes(8), signed + struct.pack(">Q", target))
        changed = rewritten(data, NEW)
        (moved,) = struct.unpack_from(">Q", changed, changed.index(signed) + len(signed))
        assert changed[moved : moved + 48] == data[target : target + 48]
        assert EditableBmff(data).notes == ("its content credentials (C2PA) do not cover the change",)
        assert EditableBmff(heif(Form())).notes == ()


class TestItems:
    def test_a_new_item_describes_the_picture(self) -> None:
        table = table_of(change(heif(Form()), BlockChange(xmp=NEW, exif=TEXT)))
        added = [item for item in table.items.values() if item.number != PRIMARY]
        assert [(item.kind, item.content_type) for item in added] == [
            (b"mime", b"application/rdf+xml"),
            (b"Exif", b""),
        ]
        assert {(kind, to) for kind, _, to in table.references} == {(b"cdsc", (PRIMARY,))}

    def test_a_new_exif_item_starts_as_those_of_cameras_do(self) -> None:
        changed = change(heif(Form()), BlockChange(exif=TEXT))
        (body,) = [body for number, body in payloads(changed).items() if number != PRIMARY]
        assert body is not None
        assert body.startswith(b"\0\0\0\6Exif\0\0MM\0*") or body.startswith(b"\0\0\0\6Exif\0\0II*\0")

    @pytest.mark.parametrize("head", [bytes(4), b"\0\0\0\6Exif\0\0", b"\0\0\0\2--", b"\0\0\0\0Exif\0\0"])
    def test_what_stands_before_the_tiff_stays(self, head: bytes) -> None:
        item = Made(EXIF, b"Exif", head + b"II*\0\x08\0\0\0\0\0\0\0\0\0")
        changed = change(heif(Form(made=(image(PRIMARY), item))), BlockChange(exif=TEXT))
        body = payloads(changed)[EXIF]
        assert body is not None
        assert body.startswith(head + b"II*\0")

    def test_exif_that_was_there_stays_without_a_tag(self) -> None:
        data = heif(Form(made=(image(PRIMARY), exif_item(EXIF))))
        tagged = change(data, BlockChange(exif=TEXT))
        untagged = change(tagged, BlockChange(exif={IMAGE_DESCRIPTION: None}))
        assert EXIF in payloads(untagged)
        assert EditableBmff(untagged).exif_texts == dict.fromkeys(EXIF_TEXTS)

    def test_the_packet_is_that_of_the_picture_and_not_of_another_image(self) -> None:
        form = Form(
            made=(image(PRIMARY), image(7), xmp_item(XMP, LONG), xmp_item(30, OLD)),
            references=((b"cdsc", XMP, 7), (b"cdsc", 30, PRIMARY)),
        )
        assert EditableBmff(heif(form)).packet == OLD
        assert payloads(rewritten(heif(form), NEW))[XMP] == LONG

    def test_a_packet_of_another_image_is_not_taken_for_that_of_the_picture(self) -> None:
        data = heif(
            Form(made=(image(PRIMARY), image(7), xmp_item(XMP, OLD)), references=((b"cdsc", XMP, 7),))
        )
        assert EditableBmff(data).packet is None
        assert payloads(rewritten(data, NEW))[XMP] == OLD

    def test_exif_of_another_image_gets_no_rival(self) -> None:
        form = Form(made=(image(PRIMARY), image(7), exif_item(EXIF)), references=((b"cdsc", EXIF, 7),))
        editable = EditableBmff(heif(form))
        assert (editable.exif_texts, editable.has_exif) == (None, False)
        with pytest.raises(AmbiguousError, match="another image"):
            editable.edit(BlockChange(exif=TEXT))
        assert EXIF in payloads(rewritten(heif(form), NEW))

    def test_a_packet_that_describes_nothing_is_that_of_the_picture(self) -> None:
        data = heif(Form(iref=None, made=(image(PRIMARY), xmp_item(XMP, OLD))))
        assert EditableBmff(data).packet == OLD

    @pytest.mark.parametrize(("group", "members", "reference"), [(40, 41, 42), (40, 42, 41), (42, 40, 41)])
    def test_numbers_in_groups_and_references_are_left_alone(
        self, group: int, members: int, reference: int
    ) -> None:
        altr = full_box(b"altr", 0, struct.pack(">IIII", group, 2, PRIMARY, members))
        data = heif(Form(groups=box(b"grpl", altr), references=((b"auxl", reference, PRIMARY),)))
        assert set(payloads(rewritten(data, NEW))) == {PRIMARY, 43}

    def test_a_file_without_room_above_takes_a_free_number(self) -> None:
        data = heif(Form(made=(image(PRIMARY), image(0xFFFF))))
        assert set(payloads(rewritten(data, NEW))) == {PRIMARY, 2, 0xFFFF}

    def test_an_empty_packet_is_none(self) -> None:
        data = heif(Form(made=(image(PRIMARY), xmp_item(XMP, b""))))
        assert EditableBmff(data).packet is None
        assert payloads(rewritten(data, NEW))[XMP] == NEW

    def test_nothing_is_changed_by_no_change(self) -> None:
        for form in (Form(), Form(made=(image(PRIMARY), xmp_item(XMP, OLD)))):
            assert EditableBmff(heif(form)).edit(BlockChange()) == ()
        assert EditableBmff(heif(Form())).edit(BlockChange(xmp=None, iptc=None, drops_exif=True)) == ()

    def test_iptc_has_no_place(self) -> None:
        editable = EditableBmff(heif(Form()))
        assert (editable.iptc, editable.iptc_refusal) == (None, "")
        with pytest.raises(BmffError, match="no IPTC"):
            editable.edit(BlockChange(iptc=b"\x1c"))


PLAIN = heif(Form())
XMP_BOX = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + OLD)


def _with(item: Made, **form: object) -> bytes:
    return heif(Form(made=(image(PRIMARY), item), **form))  # type: ignore[arg-type]


REFUSED = {
    "another kind of file": (b"\x89PNG\r\n\x1a\n", UnknownTrailerError, "unknown meaning"),
    "nothing": (b"", DamagedError, "does not start"),
    "no ftyp": (box(b"free", b"") + PLAIN, DamagedError, "does not start"),
    "a raw file": (PLAIN.replace(b"heic", b"crx ", 1), BmffError, "raw file"),
    "no table of items": (PLAIN[:24], BmffError, "no table of items"),
    "two tables of items": (
        heif(Form(extra=full_box(b"meta", 0, b""))),
        AmbiguousError,
        "more than one table",
    ),
    "fragments": (heif(Form(trailer=box(b"moof", b""))), FragmentedError, "fragments"),
    "an index of fragments": (heif(Form(trailer=box(b"mfra", b""))), FragmentedError, "fragments"),
    "bytes behind": (PLAIN + b"\xff" * 9, UnknownTrailerError, "unknown meaning"),
    "cut off": (PLAIN[:-1], CutOffError, "last part is missing"),
    "an open end": (PLAIN + box(b"what", b"", open_ended=True), UnknownTrailerError, "no stated end"),
    "an open end and a trailer": (
        heif(Form(open_ended=True)) + b"SEFT",
        UnknownTrailerError,
        "no stated end",
    ),
    "no picture": (heif(Form(handler=b"mdir")), BmffError, "not that of a picture"),
    "sizes of iloc": (PLAIN.replace(b"\x44\x40", b"\x24\x40"), BmffError, "unknown kind"),
    "a version of iloc": (PLAIN.replace(b"iloc\1", b"iloc\3"), BmffError, "unknown kind"),
    "the count of items": (
        PLAIN.replace(b"iinf\0\0\0\0\0\1", b"iinf\0\0\0\0\0\2"),
        DamagedError,
        "list of items",
    ),
    "a missing picture": (
        PLAIN.replace(b"pitm\0\0\0\0\0\1", b"pitm\0\0\0\0\0\2"),
        DamagedError,
        "is the picture",
    ),
    "missing data": (_with_places(PLAIN, PRIMARY, [(len(PLAIN) - 8, 90)]), CutOffError, "an item is missing"),
    "two packets": (
        heif(Form(made=(image(1), xmp_item(20, OLD), xmp_item(22, NEW)))),
        AmbiguousError,
        "more than one",
    ),
    "a packet in a box": (heif(Form(after=XMP_BOX)), AmbiguousError, "box of its own"),
    "a compressed packet": (_with(xmp_item(XMP, OLD, encoding=b"deflate")), BmffError, "compressed"),
    "a protected packet": (_with(xmp_item(XMP, OLD, protected=True)), BmffError, "protected"),
    "a packet in an item": (_with(xmp_item(XMP, OLD, method=2)), BmffError, "not of a known kind"),
    "a packet that is referred to": (
        _with(xmp_item(XMP, OLD), references=((b"cdsc", XMP, PRIMARY), (b"iloc", PRIMARY, XMP))),
        BmffError,
        "refers to its XMP",
    ),
    "an item in another file": (
        PLAIN.replace(struct.pack(">HHHHI", 1, PRIMARY, 0, 0, 0), struct.pack(">HHHHI", 1, PRIMARY, 0, 1, 0)),
        BmffError,
        "in another file",
    ),
}


class TestRefusals:
    @pytest.mark.parametrize("name", REFUSED)
    def test_what_is_in_doubt_is_refused(self, name: str) -> None:
        data, error, words = REFUSED[name]
        with pytest.raises(error, match=words):
            EditableBmff(data)
        assert issubclass(error, RefusedError)

    def test_exif_in_doubt_leaves_the_packet_to_be_written(self) -> None:
        for made in (
            (image(PRIMARY), exif_item(EXIF), exif_item(22)),
            (image(PRIMARY), exif_item(EXIF, b"no TIFF at all")),
            (image(PRIMARY), exif_item(EXIF, protected=True)),
        ):
            data = heif(Form(made=made))
            assert EditableBmff(data).exif_texts is None
            before = {number: body for number, body in payloads(data).items() if number != PRIMARY}
            assert before.items() <= payloads(rewritten(data, NEW)).items()
            with pytest.raises(RefusedError):
                EditableBmff(data).edit(BlockChange(exif=TEXT))

    def test_an_item_across_the_table_of_items(self) -> None:
        data = heif(Form(base_size=0, made=(image(PRIMARY), image(7))))
        across = _with_places(data, 7, [(20, meta_of(data).end)])
        with pytest.raises(BmffError, match="across its table"):
            EditableBmff(across)
        behind = heif(Form(base_size=0, made=(image(PRIMARY), image(7)), trailer=bytes(64)))
        with pytest.raises(BmffError, match="across its table"):
            EditableBmff(_with_places(behind, 7, [(len(behind) - 90, 90)]))

    def test_an_offset_that_would_not_fit_its_field(self) -> None:
        far = full_box(b"iloc", 0, b"\x44\0" + struct.pack(">HHHHII", 1, 1, 0, 1, 0xFFFFFFFF, 0))
        inner = full_box(b"meta", 0, full_box(b"hdlr", 0, bytes(21)) + far)
        with pytest.raises(BmffError, match="not fit its field"):
            EditableBmff(heif(Form(extra=box(b"moov", inner)))).edit(BlockChange(xmp=NEW))

    def test_a_table_without_lengths_has_no_room_for_another_place(self) -> None:
        data = heif(Form(length_size=0, made=(image(PRIMARY, method=1, size=0),)))
        with pytest.raises(BmffError, match="no room for another place"):
            EditableBmff(data).edit(BlockChange(xmp=NEW))

    def test_an_item_without_a_stated_length_would_grow_with_the_file(self) -> None:
        with pytest.raises(BmffError, match="no stated length"):
            EditableBmff(heif(Form(made=(image(PRIMARY, size=0), image(7)))))

    def test_media_in_another_file(self) -> None:
        elsewhere = full_box(b"dref", 0, struct.pack(">I", 1) + full_box(b"url ", 0, b"film.mp4\0"))
        film = box(b"moov", box(b"trak", box(b"mdia", box(b"minf", box(b"dinf", elsewhere)))))
        with pytest.raises(BmffError, match="another file"):
            EditableBmff(heif(Form(extra=film)))

    def test_metadata_that_is_tied_to_other_parts_is_not_removed(self) -> None:
        tied = Form(made=(image(PRIMARY), xmp_item(XMP, OLD)), associated=(PRIMARY, XMP))
        with pytest.raises(BmffError, match="tied"):
            EditableBmff(heif(tied)).edit(BlockChange(xmp=None))

    @given(forms(), st.integers(1, 99))
    def test_a_part_of_a_file_never_raises_anything_else(self, form: Form, percent: int) -> None:
        data = heif(form)
        _attempt(data[: len(data) * percent // 100])

    @given(forms(), st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=4))
    def test_a_mutated_file_never_raises_anything_else(
        self, form: Form, places: list[tuple[int, int]]
    ) -> None:
        data = bytearray(heif(form))
        end = meta_of(bytes(data)).end + 8
        for at, code in places:
            data[at % min(end, len(data))] = code
        _attempt(bytes(data))


def _attempt(data: bytes) -> None:
    try:
        editable = EditableBmff(data)
        texts = editable.exif_texts
        wanted = BlockChange(xmp=LONG, exif={} if texts is None else TEXT)
        changed = apply_edits(data, editable.edit(wanted))
    except RefusedError as error:
        assert str(error)
        return
    editable = EditableBmff(changed)
    assert editable.packet is not None
    taken_out = BlockChange(xmp=None, exif=dict.fromkeys(wanted.exif), drops_exif=bool(wanted.exif))
    assert EditableBmff(apply_edits(changed, editable.edit(taken_out))).packet is None


class TestPlacesInDoubt:
    """Items whose place says what one reader takes for this and another for that, or leads to other bytes."""

    @pytest.mark.parametrize("start", [4096, 0x26000000])
    def test_an_item_beyond_the_data_of_the_table(self, start: int) -> None:
        """The bytes it names would be others as soon as the table grows."""
        made = (image(PRIMARY, method=1, size=8), image(7, size=9000))
        data = _with_places(heif(Form(base_size=0, made=made)), PRIMARY, [(start, 8)])
        with pytest.raises(CutOffError, match="outside the data of the table"):
            EditableBmff(data)

    def test_an_item_of_the_table_without_any_data_in_it(self) -> None:
        data = heif(Form(base_size=0, made=(image(PRIMARY, method=1, size=8), image(7))))
        with pytest.raises(CutOffError, match="outside the data of the table"):
            EditableBmff(data.replace(b"idat", b"skip"))

    def test_a_picture_made_of_an_item_that_is_missing(self) -> None:
        with pytest.raises(DamagedError, match="made of is missing"):
            EditableBmff(heif(Form(references=((b"dimg", PRIMARY, 9),))))

    def test_a_packet_whose_type_is_spelt_in_another_way(self) -> None:
        """Of the programs that read packets, some would take it for one and some would not."""
        item = Made(XMP, b"mime", OLD, content_type=b"applicAtion/rdf+xml")
        with pytest.raises(AmbiguousError, match="not every program reads"):
            EditableBmff(_with(item))

    def test_a_packet_of_no_pieces(self) -> None:
        data = _with(xmp_item(XMP, OLD), base_size=0)
        entry = XMP.to_bytes(2, "big") + bytes(4)
        assert data.count(entry + b"\0\1") == 1
        with pytest.raises(DamagedError, match="place of the XMP of this file is missing"):
            EditableBmff(data.replace(entry + b"\0\1", entry + bytes(2)))

    def test_metadata_taken_out_by_another_program_leave_an_item_of_no_length(self) -> None:
        """Such an item points to where its bytes were, behind which those of others follow now."""
        made = (xmp_item(XMP, b""), exif_item(EXIF, b""), image(PRIMARY), xmp_item(30, LONG), image(7))
        references = ((b"cdsc", XMP, PRIMARY), (b"cdsc", EXIF, PRIMARY), (b"cdsc", 30, 7))
        data = heif(Form(base_size=0, made=made, references=references))
        for at in (data.index(LONG), data.index(payloads(data)[PRIMARY] or b"")):
            emptied = _with_places(_with_places(data, XMP, [(at, 0)]), EXIF, [(at, 0)])
            editable = EditableBmff(emptied)
            assert (editable.packet, editable.exif_texts) == (None, dict.fromkeys(EXIF_TEXTS))
            tagged = change(emptied, BlockChange(xmp=NEW, exif=TEXT))
            assert payloads(tagged)[XMP] == NEW
            assert payloads(tagged)[30] == LONG
            assert others(tagged) == others(emptied)

    def test_metadata_that_may_reach_to_the_end_of_the_file(self) -> None:
        """A length of 0 may mean all there is: where metadata stand that are no other item's."""
        made = (image(PRIMARY), exif_item(EXIF), xmp_item(XMP, OLD))
        data = heif(Form(base_size=0, made=made))
        exif_at, xmp_at = data.index(payloads(data)[EXIF] or b""), data.index(OLD)
        for number, at in ((XMP, xmp_at), (EXIF, exif_at)):
            with pytest.raises(AmbiguousError, match="no stated length"):
                EditableBmff(_with_places(data, number, [(at, 0)]))

    def test_a_picture_without_a_place(self) -> None:
        data = heif(Form(made=(image(PRIMARY), image(7))))
        for number in (PRIMARY, 7):
            name = b"infe\2\0\0\0" + number.to_bytes(2, "big")
            other = data.replace(name, b"infe\2\0\0\0\0\x09").replace(
                b"pitm\0\0\0\0" + number.to_bytes(2, "big"), b"pitm\0\0\0\0\0\x09"
            )
            with pytest.raises(DamagedError, match="place of an item of this file is missing"):
                EditableBmff(other)
        lone = heif(Form(base_size=0))
        entry = PRIMARY.to_bytes(2, "big") + bytes(4) + b"\0\1"
        with pytest.raises(DamagedError, match="place of an item of this file is missing"):
            EditableBmff(lone.replace(entry, entry[:-1] + b"\0"))


class TestWhatIsWrittenCanBeTakenBack:
    def test_metadata_that_is_tied_to_other_parts_is_not_written(self) -> None:
        tied = (PRIMARY, XMP, EXIF)
        for made in ((xmp_item(XMP, OLD), exif_item(EXIF)), (xmp_item(XMP, b""), Made(EXIF, b"Exif", b""))):
            editable = EditableBmff(heif(Form(made=(image(PRIMARY), *made), associated=tied)))
            for wanted in (BlockChange(xmp=NEW), BlockChange(exif=TEXT)):
                with pytest.raises(BmffError, match="tied"):
                    editable.edit(wanted)

    @pytest.mark.parametrize("count", [2, 0xFFFFFFFF])
    def test_damaged_properties_are_found_before_a_write(self, count: int) -> None:
        damaged = PLAIN.replace(b"ipma\0\0\0\0\0\0\0\1", b"ipma\0\0\0\0" + struct.pack(">I", count))
        with pytest.raises(DamagedError, match="cut off"):
            EditableBmff(damaged)

    def test_damaged_groups_are_found_before_a_write(self) -> None:
        altr = full_box(b"altr", 0, struct.pack(">III", 40, 2, PRIMARY))
        made = (image(PRIMARY), xmp_item(XMP, OLD))
        with pytest.raises(DamagedError, match="cut off"):
            EditableBmff(heif(Form(made=made, groups=box(b"grpl", altr))))

    def test_a_group_of_the_same_number_does_not_tie_an_item(self) -> None:
        """ExifTool gives a new item the next number after the last item's, be it a group's."""
        altr = full_box(b"altr", 0, struct.pack(">IIII", XMP, 2, PRIMARY, 7))
        made = (image(PRIMARY), image(7), xmp_item(XMP, OLD))
        tagged = change(heif(Form(made=made, groups=box(b"grpl", altr))), BlockChange(xmp=LONG))
        assert set(payloads(change(tagged, BlockChange(xmp=None)))) == {PRIMARY, 7}

    def test_a_new_item_takes_no_number_that_properties_name(self) -> None:
        data = heif(Form(associated=(PRIMARY, 2)))
        tagged = change(data, BlockChange(xmp=NEW))
        assert set(payloads(tagged)) == {PRIMARY, 3}
        assert change(tagged, BlockChange(xmp=None)) is not None


class TestRealFiles:
    """Every HEIF and AVIF of the corpus: what a decoder and the item table say of it stays as it was."""

    def test_the_corpus(self, corpus: Path) -> None:
        names = [
            path
            for path in sorted(corpus.iterdir())
            if path.suffix.lower() in (".heic", ".heif", ".hif", ".avif")
        ]
        refused = []
        for path in names:
            data = path.read_bytes()
            try:
                tagged = change(data, BlockChange(xmp=LONG, exif=TEXT))
            except RefusedError:
                refused.append(path.name)
                continue
            assert _content(EditableBmff(tagged).packet or b"") == _content(LONG)
            assert others(tagged) == others(data)
            if len(data) < 150_000:
                assert _decoded(tagged) == _decoded(data)
            again = change(tagged, BlockChange(xmp=NEW, exif={IMAGE_DESCRIPTION: "else"}))
            assert others(again) == others(data)
        assert refused == ["github_138.heic"]

    def test_truncated_files(self, corpus: Path) -> None:
        for name in ("Stonehenge.heic", "samplefilehub.heif", "avif_exif_xmp.avif"):
            data = (corpus / name).read_bytes()
            for percent in range(1, 100):
                with pytest.raises(RefusedError):
                    EditableBmff(data[: len(data) * percent // 100])


def _decoded(data: bytes) -> object:
    """Pixels and side images as a decoder that the editor does not know delivers them."""
    import pillow_heif

    try:
        return [
            (frame.size, frame.mode, bytes(frame.data), frame.info.get("icc_profile"))
            for frame in pillow_heif.open_heif(io.BytesIO(data))
        ]
    except (ValueError, RuntimeError, SyntaxError, EOFError):
        return _opened(data)


def _opened(data: bytes) -> object:
    """What Pillow delivers, which decodes AVIF and nothing else of this kind."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return picture.size, picture.tobytes(), picture.info.get("icc_profile")
    except (OSError, ValueError, RuntimeError) as error:
        return type(error)
