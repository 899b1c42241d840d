"""The records of a packet while it is changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from nivo_tui.metadata.blocks import BLOCKS, is_block_field
from nivo_tui.metadata.regions import Area
from nivo_tui.metadata.xmp import Keyword
from nivo_tui.metadata.xmp_change import BlockValue, XmpChange
from nivo_tui.metadata.xmp_nodes import clean
from nivo_tui.metadata.xmp_records import (
    Applied,
    claim,
    claimed,
    holds_many,
    kind_of,
)


class Ledger:
    """The records of a packet: `kept` those that stand, `added` those of the change that is under way."""

    def __init__(self, kept: Iterable[Applied], change: XmpChange) -> None:
        self.kept = list(kept)
        self.added: list[Applied] = []
        self._change = change

    def is_ours(self, field: str, value: str | None) -> bool:
        """Whether a field holds what we wrote."""
        return any(field in entry.fields and entry.value == value for entry in self.kept)

    def note(
        self,
        keyword: Keyword,
        fields: Sequence[str],
        *,
        carried: bool = False,
        area: Area | None = None,
    ) -> None:
        """Put on record that a value went into fields."""
        if not fields:
            return
        self._supersede(fields)
        change = self._change
        self.added.append(
            Applied(
                keyword.text,
                keyword.path,
                change.run,
                keyword.tag,
                keyword.model,
                keyword.confidence,
                change.time,
                tuple(fields),
                carried,
                change.home,
                area,
            )
        )

    def note_blocks(self, values: Iterable[BlockValue], keywords: Iterable[Keyword]) -> None:
        """Put on record what the same write adds outside XMP: with the value's record, else with its own."""
        known = {keyword.text: keyword for keyword in keywords}
        groups: dict[tuple[str, str, bool], list[str]] = {}
        for block in values:
            kind = kind_of(block.field)
            text = clean(block.value)
            text = " ".join(text.split()) if kind == "keyword" else text
            if text and not self._is_recorded(block.field, text, block.carried):
                groups.setdefault((kind, text, block.carried), []).append(block.field)
        for (kind, text, carried), fields in groups.items():
            if not self._extend(kind, text, carried, fields):
                keyword = known.get(text) if kind == "keyword" and not carried else None
                self.note(keyword or Keyword(text), list(dict.fromkeys(fields)), carried=carried)

    def _is_recorded(self, field: str, text: str, carried: bool) -> bool:
        """Whether this very run has the record already."""
        run = (self._change.run, self._change.home)
        return any(
            field in entry.fields and (entry.value, entry.carried) == (text, carried)
            for entry in self.kept
            if (entry.run, entry.home) == run
        )

    def _extend(self, kind: str, text: str, carried: bool, fields: Sequence[str]) -> bool:
        for place, entry in enumerate(self.added):
            if (entry.kind, entry.value, entry.carried) == (kind, text, carried):
                self._supersede(fields)
                together = dict.fromkeys((*entry.fields, *fields))
                self.added[place] = replace(entry, fields=tuple(together))
                return True
        return False

    def _supersede(self, fields: Iterable[str]) -> None:
        """Strike single-valued fields, which hold something else now, from the records that stand."""
        taken = {field for field in fields if not holds_many(field)}
        if taken:
            left = [
                replace(entry, fields=tuple(field for field in entry.fields if field not in taken))
                if taken.intersection(entry.fields)
                else entry
                for entry in self.kept
            ]
            self.kept = [entry for entry in left if entry.fields]


def split(
    entries: Sequence[Applied], wanted: frozenset[Applied], created: Iterable[str]
) -> tuple[list[Applied], list[Applied]]:
    """The records that stay when `wanted` go, and those that go with the fields that their values leave.

    What was carried along goes with the last value for whose sake that was done, be it wanted or not: where
    another run added to the same list since, that run needs it as much.
    """
    gone = [entry for entry in entries if entry in wanted and not entry.carried]
    stay = [entry for entry in entries if entry not in wanted or entry.carried]
    if not wanted.intersection(entries):
        return stay, []
    stays = _CarriedStays(stay, created)
    kept = []
    for entry in stay:
        left = tuple(field for field in entry.fields if not entry.carried or stays(field))
        if left == entry.fields:
            kept.append(entry)
            continue
        gone.append(replace(entry, fields=tuple(field for field in entry.fields if field not in left)))
        if left:
            kept.append(replace(entry, fields=left))
    still = claimed(kept)
    return kept, [
        replace(entry, fields=tuple(field for field in entry.fields if claim(entry, field) not in still))
        for entry in gone
    ]


class _CarriedStays:
    """Whether a field still needs what was carried into it, for the sake of values of ours that stay.

    A block that we made, while it holds one of ours; a list, while it holds one; any other field, while
    any is left in the file.
    """

    def __init__(self, entries: Iterable[Applied], created: Iterable[str]) -> None:
        self._used = {field for entry in entries if not entry.carried for field in entry.fields}
        self._blocks = {_block_of(field) for field in self._used}
        self._created = frozenset(created)

    def __call__(self, field: str) -> bool:
        block = _block_of(field)
        if block is not None and block in self._created:
            return block in self._blocks
        return field in self._used if holds_many(field) else bool(self._used)


def _block_of(field: str) -> str | None:
    return field.partition(":")[0] if is_block_field(field) else None


def blocks_left(created: Iterable[str], kept: Iterable[Applied]) -> tuple[str, ...]:
    """The blocks that we made and that no record has a field in any more."""
    used = {_block_of(field) for entry in kept for field in entry.fields}
    return tuple(name for name in created if name in BLOCKS and name not in used)
