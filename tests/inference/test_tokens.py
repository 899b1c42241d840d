"""Texts as tokens: the properties every text has, and the files a tokenizer is read from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nivo_tui.errors import PackError
from nivo_tui.inference.phrases.tokens import Tokenizer, read_tokenizer, split_words

from . import tiny_clip

VOCABULARY, MERGES = tiny_clip.words()
START, END = VOCABULARY[tiny_clip.START], VOCABULARY[tiny_clip.END]


def saved(folder: Path, document: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return read_tokenizer(saved(tmp_path_factory.mktemp("tokens"), tiny_clip.tokenizer_json()))


def meant(tokenizer: Tokenizer, text: str) -> list[int]:
    """The ids between start and end."""
    ids, mask = tokenizer.encode(text)
    return ids[1 : sum(mask) - 1]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=120), st.integers(3, 80))
def test_any_text_gives_ids_of_the_fixed_length(tokenizer: Tokenizer, text: str, length: int) -> None:
    ids, mask = tokenizer.with_length(length).encode(text)
    count = sum(mask)
    assert len(ids) == len(mask) == length
    assert ids[0] == START and ids[count - 1] == END and ids[count:] == [END] * (length - count)
    assert mask == [1] * count + [0] * (length - count)
    assert all(0 <= token < len(VOCABULARY) for token in ids)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60).filter(lambda text: "<|" not in text))
def test_the_tokens_of_a_text_spell_it(tokenizer: Tokenizer, text: str) -> None:
    """Byte by byte: what is read back is the tidied text without its white space."""
    letters = {letter: byte for byte, letter in enumerate(tiny_clip.byte_letters())}
    symbols = {number: symbol for symbol, number in VOCABULARY.items()}
    wide = tokenizer.with_length(2000)
    spelled = "".join(symbols[token].removesuffix("</w>") for token in meant(wide, text))
    read = bytes(letters[letter] for letter in spelled).decode("utf-8")
    whole = wide.normaliser(text.encode("utf-8", "replace").decode("utf-8"))
    assert read == "".join(split_words(whole))


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(tiny_clip.COLOURS)), st.sampled_from(["", " ", "\t\u00a0", "\n"]))
def test_case_and_white_space_count_for_nothing(tokenizer: Tokenizer, word: str, space: str) -> None:
    assert meant(tokenizer, f"{space}{word.upper()}{space}") == [VOCABULARY[f"{word}</w>"]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("it's 2025, they've", ["it", "'s", "2", "0", "2", "5", ",", "they", "'ve"]),
        ("a_b--c!?", ["a", "_", "b", "--", "c", "!?"]),
        ("größe 東京x", ["größe", "東京x"]),
        ("e\u0301", ["e", "\u0301"]),
        ("x\u00a0y\u2003z\x1cw", ["x", "y", "z", "\x1c", "w"]),
        ("½ Ⅷ ٣٤", ["½", "Ⅷ", "٣", "٤"]),
        (" \t\n", []),
        ("!'re", ["!'", "re"]),
    ],
)
def test_words_are_split_as_clip_does(text: str, words: list[str]) -> None:
    assert list(split_words(text)) == words


def test_earlier_merges_come_first(tmp_path: Path) -> None:
    vocabulary = {"a": 0, "b": 1, "c</w>": 2, "ab": 3, "bc</w>": 4, tiny_clip.START: 5, tiny_clip.END: 6}

    def ids(merges: list[str]) -> list[int]:
        document = tiny_clip.tokenizer_json()
        document["model"] = {**document["model"], "vocab": vocabulary, "merges": merges}  # type: ignore[dict-item]
        document["added_tokens"] = [
            {"id": 5, "content": tiny_clip.START},
            {"id": 6, "content": tiny_clip.END},
        ]
        document["post_processor"] = None
        return meant(read_tokenizer(saved(tmp_path, document)), "abc")

    assert ids(["a b", "b c</w>"]) == [3, 2]
    assert ids(["b c</w>", "a b"]) == [0, 4]


def test_both_ways_of_writing_merges_are_one(tmp_path: Path) -> None:
    new = read_tokenizer(saved(tmp_path / "new", tiny_clip.tokenizer_json()))
    old = read_tokenizer(saved(tmp_path / "old", tiny_clip.tokenizer_json(old_merges=True)))
    assert new.words == old.words


def test_vocabulary_and_merges_in_files_of_their_own(tmp_path: Path, tokenizer: Tokenizer) -> None:
    (tmp_path / "vocab.json").write_text(json.dumps(VOCABULARY), encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in MERGES), ""]
    (tmp_path / "merges.txt").write_text("\n".join(lines), encoding="utf-8")
    two = read_tokenizer(tmp_path)
    for text in ("a red thing", "Grün, it's 42!", "", "<|endoftext|> x"):
        assert two.encode(text) == tokenizer.encode(text)


def test_padding_and_length_are_as_the_files_say(tmp_path: Path) -> None:
    document = tiny_clip.tokenizer_json(padding={"pad_id": 7}, truncation={"max_length": 9})
    ids, mask = read_tokenizer(saved(tmp_path / "stated", document)).encode("red")
    assert ids == [START, VOCABULARY["red</w>"], END, *[7] * 6] and sum(mask) == 3
    beside = saved(tmp_path / "beside", tiny_clip.tokenizer_json())
    stated = {"pad_token": {"content": "!"}, "model_max_length": 10**30}
    (beside / "tokenizer_config.json").write_text(json.dumps(stated), encoding="utf-8")
    ids, _ = read_tokenizer(beside).encode("red")
    assert len(ids) == 77 and set(ids[3:]) == {VOCABULARY["!"]}


def test_a_template_says_how_a_text_is_framed(tmp_path: Path) -> None:
    def framed(*pieces: dict[str, object]) -> list[int]:
        special = {"BOS": {"id": "BOS", "ids": [11]}, "EOS": {"id": "EOS", "ids": [12]}}
        processor = {"type": "TemplateProcessing", "single": list(pieces), "special_tokens": special}
        document = tiny_clip.tokenizer_json(post_processor=processor, truncation={"max_length": 4})
        return read_tokenizer(saved(tmp_path, document)).encode("red")[0]

    text = {"Sequence": {"id": "A"}}
    start, end = ({"SpecialToken": {"id": name}} for name in ("BOS", "EOS"))
    red = VOCABULARY["red</w>"]
    assert framed(start, text, end) == [11, red, 12, 12]
    assert framed(text, end) == [red, 12, 12, 12]
    with pytest.raises(PackError, match="ends a text"):
        framed(start, text)


def test_added_tokens_stand_for_themselves(tmp_path: Path) -> None:
    added = [
        {"id": START, "content": tiny_clip.START, "normalized": True},
        {"id": END, "content": tiny_clip.END, "normalized": False},
    ]
    tokenizer = read_tokenizer(saved(tmp_path, tiny_clip.tokenizer_json(added_tokens=added)))
    assert meant(tokenizer, "red<|StartOfText|>red") == [VOCABULARY["red</w>"], START, VOCABULARY["red</w>"]]
    assert END in meant(tokenizer, "red <|endoftext|>") and END not in meant(tokenizer, "red <|EndOfText|>")


MODEL = tiny_clip.tokenizer_json()["model"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"model": {"type": "Unigram", "vocab": [["a", -1.0]]}}, "Unigram"),
        ({"model": {"type": "WordPiece", "vocab": {"a": 0}}}, "WordPiece"),
        ({"model": {**MODEL, "byte_fallback": True}}, "byte fallback"),  # type: ignore[dict-item]
        ({"model": {**MODEL, "vocab": {}}}, "no vocabulary"),  # type: ignore[dict-item]
        ({"model": {**MODEL, "merges": ["a b c"]}}, "merge 1"),  # type: ignore[dict-item]
        ({"model": None}, "no model"),
        ({"pre_tokenizer": {"type": "Whitespace"}}, "another rule"),
        ({"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True}}, "another rule"),
        ({"normalizer": {"type": "Precompiled"}}, "Precompiled"),
        ({"normalizer": {"type": "Replace", "pattern": {"Regex": "x+"}, "content": ""}}, "Replace"),
        ({"normalizer": 5}, "not described"),
        ({"added_tokens": [{"content": "x"}]}, "added token"),
    ],
)
def test_another_kind_of_tokenizer_gives_one_clear_line(
    tmp_path: Path, change: dict[str, object], fault: str
) -> None:
    with pytest.raises(PackError, match=fault) as caught:
        read_tokenizer(saved(tmp_path, tiny_clip.tokenizer_json(**change)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "{", "[]", "[" * 100_000, '{"model": {"type": "BPE"}}'])
def test_a_damaged_file_gives_one_clear_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "tokenizer.json").write_text(content, encoding="utf-8")
    with pytest.raises(PackError):
        read_tokenizer(tmp_path)


def test_no_tokenizer_at_all(tmp_path: Path) -> None:
    (tmp_path / "vocab.json").write_text("{}", encoding="utf-8")
    with pytest.raises(PackError, match=r"merges\.txt"):
        read_tokenizer(tmp_path)
