"""Text as the numbers a CLIP text encoder takes: byte-level byte-pair encoding, read from a pack's own files.

The method is that of CLIP (Radford et al., "Learning Transferable Visual Models From Natural Language
Supervision", 2021, section 2.4): lower-cased text is split into words, each word's UTF-8 bytes are written as
printable characters, and neighbouring symbols are merged in the order of the merges table. The files are
Hugging Face's: `tokenizer.json`, or `vocab.json` with `merges.txt`.
"""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from nivo_tui.errors import PackError
from nivo_tui.inference.phrases import normalisers

CONTEXT = 77
"""Tokens in a text, as CLIP was trained."""

FILES = ("tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json")
"""The files that what a text becomes depends on."""

START, END, WORD_END = "<|startoftext|>", "<|endoftext|>", "</w>"
_LARGEST_ID = (1 << 31) - 1  # what int32 holds
_PRINTABLE = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
_CONTRACTIONS = ("'re", "'ve", "'ll", "'s", "'t", "'m", "'d")
_WORD_PATTERN = "'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^\\s\\p{L}\\p{N}]+"


@dataclass(frozen=True, slots=True)
class AddedToken:
    """A token that is found in a text as it stands, before words are split."""

    text: str
    id: int
    normalized: bool


@dataclass(frozen=True, slots=True)
class Words:
    """The byte-pair model: `vocabulary` symbol -> id, `ranks` pair of symbols -> place in the merges."""

    vocabulary: Mapping[str, int]
    ranks: Mapping[tuple[str, str], int]
    word_end: str = WORD_END
    prefix: str = ""
    unknown: int | None = None

    def ids(self, word: str) -> list[int]:
        """The ids of one word; a symbol the vocabulary lacks is the unknown token, or left out."""
        symbols = self._symbols(word)
        while len(symbols) > 1:
            pairs = [self.ranks.get(pair) for pair in itertools.pairwise(symbols)]
            known = [rank for rank in pairs if rank is not None]
            if not known:
                break
            at = pairs.index(min(known))
            symbols[at : at + 2] = [symbols[at] + symbols[at + 1][len(self.prefix) :]]
        found = [self.vocabulary.get(symbol, self.unknown) for symbol in symbols]
        return [token for token in found if token is not None]

    def _symbols(self, word: str) -> list[str]:
        letters = _byte_letters()
        symbols = [letters[byte] for byte in word.encode("utf-8")]
        symbols = [symbol if place == 0 else self.prefix + symbol for place, symbol in enumerate(symbols)]
        symbols[-1] += self.word_end
        return symbols


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """Turns a text into exactly `length` ids: start, words, end, padding."""

    words: Words
    start: int | None
    end: int
    pad: int
    length: int = CONTEXT
    added: tuple[AddedToken, ...] = ()
    normaliser: normalisers.Normaliser = field(default=normalisers.clip)

    def encode(self, text: str) -> tuple[list[int], list[int]]:
        """The ids, and the attention mask: 1 for a token, 0 for padding. A long text loses its end.

        Any text will do, an empty one too.
        """
        first = [] if self.start is None else [self.start]
        ids: list[int] = []
        for token in self._tokens(text.encode("utf-8", "replace").decode("utf-8")):
            ids.append(token)
            if len(ids) >= self.length - len(first) - 1:
                break
        ids = [*first, *ids[: max(self.length - len(first) - 1, 0)], self.end]
        blank = self.length - len(ids)
        return ids + [self.pad] * blank, [1] * len(ids) + [0] * blank

    def with_length(self, length: int) -> Tokenizer:
        """The same for an encoder that takes `length` ids. Raises PackError where that is too few."""
        if length < 3:
            raise PackError(f"its text encoder takes {length} tokens: too few for a text")
        return Tokenizer(self.words, self.start, self.end, self.pad, length, self.added, self.normaliser)

    def _tokens(self, text: str) -> Iterator[int]:
        raw = [token for token in self.added if not token.normalized]
        normal = [token for token in self.added if token.normalized]
        for part in _parted(text, raw):
            if isinstance(part, int):
                yield part
                continue
            for piece in _parted(self.normaliser(part), normal):
                if isinstance(piece, int):
                    yield piece
                    continue
                for word in split_words(piece):
                    yield from self.words.ids(word)


def split_words(text: str) -> Iterator[str]:
    """The words of a text as CLIP splits it: contractions, runs of letters, single digits, runs of the rest.

    Letters are Unicode's category L, digits N; white space separates and is dropped.
    """
    place = 0
    while place < len(text):
        contraction = next((c for c in _CONTRACTIONS if text.startswith(c, place)), None)
        end = place + (len(contraction) if contraction else 1)
        kind = _kind(text[place])
        if contraction is None and kind in "LO":
            while end < len(text) and _kind(text[end]) == kind:
                end += 1
        if kind != "S":
            yield text[place:end]
        place = end


def read_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer in a pack's folder. Raises PackError where there is none, or one of another kind."""
    try:
        return _read(folder)
    except (TypeError, ValueError, AttributeError, LookupError, OverflowError, RecursionError) as error:
        raise PackError(f"its tokenizer is damaged: {error}") from error


def _read(folder: Path) -> Tokenizer:
    whole, vocabulary, merges = (folder / name for name in FILES[:3])
    if whole.is_file():
        made = _from_tokenizer_json(_json(whole), folder)
    elif vocabulary.is_file() and merges.is_file():
        made = _from_two_files(_json(vocabulary), _text(merges), folder)
    else:
        raise PackError(f"{folder.name} holds no tokenizer.json, and no vocab.json with merges.txt")
    ids = (made.end, made.pad, *(token.id for token in made.added))
    if not all(map(_is_id, ids if made.start is None else (made.start, *ids))):
        raise PackError("its tokenizer numbers a token below 0, or beyond what an encoder takes")
    return made


def _from_tokenizer_json(document: dict[str, Any], folder: Path) -> Tokenizer:
    model = document.get("model")
    if not isinstance(model, dict):
        raise PackError("tokenizer.json describes no model")
    kind = model.get("type", "BPE" if "merges" in model else "of an unknown kind")
    if kind != "BPE" or model.get("byte_fallback"):
        raise PackError(
            f"its tokenizer is {'BPE with byte fallback' if kind == 'BPE' else kind}: "
            "nivo-tui reads CLIP's byte-level BPE alone"
        )
    _require_word_rule(document.get("pre_tokenizer"))
    vocabulary = _vocabulary(model.get("vocab"), "tokenizer.json")
    added = _added(document.get("added_tokens") or ())
    ids = {**vocabulary, **{token.text: token.id for token in added}}
    words = Words(
        vocabulary,
        _ranks(model.get("merges"), "tokenizer.json"),
        str(model.get("end_of_word_suffix") or ""),
        str(model.get("continuing_subword_prefix") or ""),
        ids.get(str(model.get("unk_token"))),
    )
    start, end = _frame(document.get("post_processor"), ids)
    pad = _mapping(document.get("padding")).get("pad_id")
    if not isinstance(pad, int):
        pad = _pad(folder, ids, end)
    length = _mapping(document.get("truncation")).get("max_length") or _stated_length(folder)
    normaliser = normalisers.build(document.get("normalizer"))
    return Tokenizer(words, start, end, pad, _length(length), added, normaliser)


def _from_two_files(vocabulary: dict[str, Any], merges: str, folder: Path) -> Tokenizer:
    ids = _vocabulary(vocabulary, "vocab.json")
    if START not in ids or END not in ids:
        raise PackError(f"vocab.json holds no {START} and {END}: it is not CLIP's")
    lines = [line for line in merges.splitlines() if line.strip() and not line.startswith("#version")]
    added = tuple(AddedToken(text, ids[text], True) for text in (START, END))
    words = Words(ids, _ranks(lines, "merges.txt"), WORD_END, "", ids[END])
    pad = _pad(folder, ids, ids[END])
    return Tokenizer(words, ids[START], ids[END], pad, _length(_stated_length(folder)), added)


def _require_word_rule(rule: Any) -> None:
    """Raises PackError unless words are split as CLIP does, and their bytes written as letters."""
    steps = _steps(rule, "pretokenizers")
    kinds = [step.get("type") for step in steps]
    patterns = [_mapping(step.get("pattern")).get("Regex") for step in steps if step.get("type") == "Split"]
    if (
        kinds == ["Split", "ByteLevel"]
        and isinstance(patterns[0], str)
        and not steps[1].get("add_prefix_space")
    ):
        plain = patterns[0].replace("[\\p{L}]", "\\p{L}").replace("[\\p{N}]", "\\p{N}").replace("\\|", "")
        plain = plain.replace("<startoftext>|", "").replace("<endoftext>|", "")
        if plain == _WORD_PATTERN:
            return
    raise PackError("its tokenizer splits words by another rule than CLIP's: nivo-tui cannot read it")


def _frame(processor: Any, ids: Mapping[str, int]) -> tuple[int | None, int]:
    """The ids that a text starts and ends with."""
    for step in _steps(processor, "processors"):
        match step:
            case {
                "type": "RobertaProcessing" | "BertProcessing",
                "cls": [_, int(start)],
                "sep": [_, int(end)],
            }:
                return start, end
            case {"type": "TemplateProcessing", "single": list(pieces)}:
                return _template(pieces, _mapping(step.get("special_tokens")), ids)
    if END not in ids:
        raise PackError(f"tokenizer.json says nothing of how a text ends, and holds no {END}")
    return ids.get(START), ids[END]


def _template(
    pieces: Sequence[Any], special: Mapping[str, Any], ids: Mapping[str, int]
) -> tuple[int | None, int]:
    order = [
        _mapping(_mapping(piece).get("SpecialToken")).get("id") if "SpecialToken" in _mapping(piece) else None
        for piece in pieces
    ]
    found = [_special_id(name, special, ids) for name in order if name is not None]
    if not order or order[-1] is None or not found or found[-1] is None:
        raise PackError("tokenizer.json ends a text with no token: nivo-tui reads CLIP's tokenizer alone")
    return (found[0] if order[0] is not None and len(found) > 1 else None), found[-1]


def _special_id(name: str, special: Mapping[str, Any], ids: Mapping[str, int]) -> int | None:
    match _mapping(special.get(name)).get("ids"):
        case [int(token)]:
            return token
    return ids.get(name)


def _pad(folder: Path, ids: Mapping[str, int], end: int) -> int:
    """The padding the files beside it name; else the end token, as CLIP's own configuration does."""
    for name in FILES[3:]:
        path = folder / name
        token = _json(path).get("pad_token") if path.is_file() else None
        text = _mapping(token).get("content") if isinstance(token, dict) else token
        if isinstance(text, str) and text in ids:
            return ids[text]
    return end


def _stated_length(folder: Path) -> Any:
    path = folder / "tokenizer_config.json"
    return _json(path).get("model_max_length") if path.is_file() else None


def _length(stated: Any) -> int:
    """Hugging Face writes 10^30 where no length is known."""
    return stated if isinstance(stated, int) and 3 <= stated <= 4096 else CONTEXT


def _vocabulary(stated: Any, name: str) -> dict[str, int]:
    if not isinstance(stated, dict) or not stated or not all(_is_id(i) for i in stated.values()):
        raise PackError(f"{name} holds no vocabulary of words and numbers")
    return stated


def _is_id(value: object) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST_ID


def _ranks(stated: Any, name: str) -> dict[tuple[str, str], int]:
    """Merges as lines "a b" or as pairs ["a", "b"]."""
    ranks: dict[tuple[str, str], int] = {}
    for rank, merge in enumerate(stated if isinstance(stated, list) else ()):
        match merge.split(" ") if isinstance(merge, str) else merge:
            case [str(left), str(right)]:
                ranks.setdefault((left, right), rank)
            case _:
                raise PackError(f"{name}: merge {rank + 1} is no pair of symbols")
    return ranks


def _added(stated: Sequence[Any]) -> tuple[AddedToken, ...]:
    tokens = []
    for entry in stated:
        match entry:
            case {"id": int(number), "content": str(text)} if text:
                tokens.append(AddedToken(text, number, bool(entry.get("normalized", False))))
            case _:
                raise PackError("tokenizer.json: an added token lacks its id or its text")
    return tuple(sorted(tokens, key=lambda token: -len(token.text)))


def _parted(text: str, tokens: Sequence[AddedToken]) -> Iterator[str | int]:
    """The text between the added tokens, and their ids."""
    if not tokens:
        yield text
        return
    ids = {token.text: token.id for token in tokens}
    pattern = "(" + "|".join(re.escape(token.text) for token in tokens) + ")"
    for part in re.split(pattern, text):
        if part:
            yield ids.get(part, part)


def _steps(stated: Any, key: str) -> list[dict[str, Any]]:
    """The members of a sequence, or the one thing that stands alone."""
    whole = _mapping(stated)
    parts = whole.get(key) if whole.get("type") == "Sequence" else [whole]
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


@lru_cache(maxsize=4096)
def _kind(character: str) -> str:
    """L for a letter, N for a digit, S for white space, O for the rest."""
    if character in normalisers.WHITE_SPACE:
        return "S"
    category = unicodedata.category(character)[0]
    return category if category in "LN" else "O"


@lru_cache(maxsize=1)
def _byte_letters() -> tuple[str, ...]:
    """A printable character for each byte: itself where it is one, else one from U+0100 on."""
    others = iter(range(0x100, 0x200))
    return tuple(chr(byte if byte in _PRINTABLE else next(others)) for byte in range(256))


def _json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise PackError(f"{path.name} is no valid JSON ({error})") from error
    if not isinstance(document, dict):
        raise PackError(f"{path.name} holds no table")
    return document


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"{path.name} cannot be read: {error}") from error
