"""A person's own words: the tags of the settings, and the keywords they use already, join the vocabulary."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nivo_tui.errors import SettingsError
from nivo_tui.model import Category, Suggestion
from nivo_tui.tagging.vocabulary import TAG_ID, Tag, Vocabulary, Word, folded, with_paths

COMPARED = (Category.SCENE, Category.MOOD, Category.OBJECTS)
"""The categories that phrases of the package speak of."""

OWN_FLOOR, OWN_BAR = 0.3, 0.65
"""Of a person's own tags, whatever their category."""

_LONGEST, _MOST, _DEEPEST = 300, 10, 20
_KEYS = ("label", "category", "phrases", "path", "synonyms", "floor", "bar", "written", "enabled")
_PARTING = "|/\\,;"


@dataclass(frozen=True, slots=True)
class UserTag:
    """What a person says of a tag in the settings: one of their own, or one of the vocabulary changed.

    A photo that looks like one of its `phrases` gets it. `path` leads from the top of their own hierarchy to
    the label. `named` says that the label is their word. None is what they do not say.
    """

    id: str
    label: str
    category: Category
    phrases: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    floor: float | None = None
    bar: float | None = None
    written: bool | None = None
    enabled: bool = True
    named: bool = False


@dataclass(frozen=True, slots=True)
class OwnWord:
    """A keyword that the owner uses, at its path (from the top to the keyword; the keyword alone where it
    stands in no hierarchy). `tag` is the tag that it stands for by an answer of theirs, whatever its name.
    `counted` says that it was counted in files."""

    keyword: str
    path: tuple[str, ...]
    synonyms: tuple[str, ...] = ()
    tag: str | None = None
    counted: bool = False


def parse_user_tags(table: Mapping[str, Any], file: str | None = None) -> tuple[UserTag, ...]:
    """A person's tags from the table [tags] of the settings in `file`.

    Each is `id = "phrase"`, or `id = { key = value, ... }` with the keys label, category, phrases, path
    ("Places|Coast|Beach", the last is the label), synonyms, floor, bar, written and enabled. Of a new tag the
    label is the id with spaces and the category objects where nothing is said. Raises SettingsError naming
    the key.
    """
    if not table:
        return ()
    vocabulary = Vocabulary.load()
    try:
        own = tuple(_user_tag(name, entry, vocabulary) for name, entry in table.items())
        _hold_apart(own, vocabulary)
    except SettingsError as error:
        raise SettingsError(f"{file}: {error}" if file else str(error)) from error
    return own


def _user_tag(name: str, entry: Any, vocabulary: Vocabulary) -> UserTag:
    where = f"[tags] {name}"
    if not TAG_ID.fullmatch(name):
        raise SettingsError(f"{where}: a tag's id is made of a-z, 0-9 and _, such as old_town")
    if isinstance(entry, str | list):
        entry = {"phrases": entry}
    if not isinstance(entry, dict):
        raise SettingsError(f'{where} must be a phrase in quotes, or {{ phrases = ["..."] }}')
    for key in entry:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise SettingsError(f"{where}: unknown key {key!r}; known: {', '.join(_KEYS)}{hint}")
    known = vocabulary.get(name)
    category = _category(where, entry, known)
    enabled = _truth(where, "enabled", entry, True)
    if known is None and set(entry) <= {"enabled"}:
        raise SettingsError(_nothing_said(where, name, vocabulary, enabled))
    label, path = _written_as(where, name, entry, known)
    floor, bar = _thresholds(where, entry, known)
    return UserTag(
        name,
        label,
        category,
        _phrases_of(where, entry["phrases"], known) if "phrases" in entry else (),
        path,
        _synonyms(where, entry.get("synonyms", [])),
        floor,
        bar,
        _truth(where, "written", entry, None),
        enabled,
        named="label" in entry or "path" in entry,
    )


def _nothing_said(where: str, name: str, vocabulary: Vocabulary, enabled: bool) -> str:
    if enabled:
        return f'{where}: phrases of what is to be seen, or a label, must be given: {{ phrases = ["..."] }}'
    near = difflib.get_close_matches(name, vocabulary.tags, 1)
    hint = f"; did you mean {near[0]!r}?" if near else "; nivo-tui vocabulary lists them"
    return f"{where}: enabled = false switches off a tag, and there is none of this id{hint}"


def _category(where: str, entry: Mapping[str, Any], known: Tag | None) -> Category:
    stated = entry.get("category", known.category.value if known is not None else Category.OBJECTS.value)
    category = next((category for category in Category if category.value == stated), None)
    if category is None:
        raise SettingsError(f"{where}: unknown category {stated!r}; known: {', '.join(Category)}")
    if known is not None and known.category is not category:
        raise SettingsError(f"{where}: the tag exists in the category {known.category}; choose another id")
    return category


def _written_as(
    where: str, name: str, entry: Mapping[str, Any], known: Tag | None
) -> tuple[str, tuple[str, ...]]:
    """The label, and the path where one is stated."""
    path: tuple[str, ...] = ()
    if "path" in entry:
        text = _checked(f"{where}: path", entry["path"])
        path = tuple(_word(f"{where}: a part of path", part) for part in text.split("|"))
        if len(path) > _DEEPEST:
            raise SettingsError(f"{where}: path must have at most {_DEEPEST} parts")
    if "label" in entry:
        label = _word(f"{where}: label", entry["label"])
        if path and path[-1] != label:
            raise SettingsError(
                f"{where}: path ends in {path[-1]!r} and label says {label!r}; leave the label out"
            )
        return label, path
    default = known.label if known is not None else name.replace("_", " ")
    return path[-1] if path else default, path


def _thresholds(where: str, entry: Mapping[str, Any], known: Tag | None) -> tuple[float | None, float | None]:
    floor, bar = (_share(where, key, entry) for key in ("floor", "bar"))
    least = floor if floor is not None else known.floor if known is not None else OWN_FLOOR
    most = bar if bar is not None else known.bar if known is not None else OWN_BAR
    if (floor is not None or bar is not None) and least >= most:
        raise SettingsError(f"{where}: floor must be below bar; they are {least:g} and {most:g}")
    return floor, bar


def _share(where: str, key: str, entry: Mapping[str, Any]) -> float | None:
    value = entry.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise SettingsError(f"{where}: {key} must be a number from 0 to 1, not {value!r}")
    return float(value)


def _truth(where: str, key: str, entry: Mapping[str, Any], default: Any) -> Any:
    value = entry.get(key, default)
    if key in entry and not isinstance(value, bool):
        raise SettingsError(f"{where}: {key} must be true or false, not {value!r}")
    return value


def _synonyms(where: str, stated: Any) -> tuple[str, ...]:
    listed = [stated] if isinstance(stated, str) else stated
    if not isinstance(listed, list):
        raise SettingsError(f"{where}: synonyms must be a list of texts in quotes")
    return tuple(dict.fromkeys(_word(f"{where}: a synonym", text) for text in listed))


def _phrases_of(where: str, stated: Any, known: Tag | None) -> tuple[str, ...]:
    if known is not None and (known.category not in COMPARED or known.fact):
        raise SettingsError(f"{where}: the tag exists and is found in another way; choose another id")
    listed = [stated] if isinstance(stated, str) else stated
    if not isinstance(listed, list) or not 1 <= len(listed) <= _MOST:
        raise SettingsError(f"{where}: phrases must be 1 to {_MOST} texts of what is to be seen")
    return tuple(dict.fromkeys(_checked(f"{where}: a phrase", text) for text in listed))


def _word(where: str, text: Any) -> str:
    tidy = _checked(where, text)
    if any(sign in tidy for sign in _PARTING):
        raise SettingsError(f"{where} must not hold any of {' '.join(_PARTING)} which part keywords")
    return tidy


def _checked(where: str, text: Any) -> str:
    if not isinstance(text, str) or not text.strip():
        raise SettingsError(f"{where} must be a text in quotes that is not empty")
    tidy = " ".join(text.split())
    if not tidy.isprintable() or len(tidy) > _LONGEST:
        raise SettingsError(f"{where} must be at most {_LONGEST} characters, all printable")
    return tidy


def _hold_apart(own: Sequence[UserTag], vocabulary: Vocabulary) -> None:
    """Raises SettingsError for a word that would stand for two tags.

    A synonym of the package goes over to the tag that a person gives it to; a label or an id does not.
    """
    stated = {tag.id: tag for tag in own}
    taken: dict[str, str] = {}
    for tag in vocabulary:
        if tag.id not in stated:
            taken[folded(tag.id)] = taken[folded(tag.label)] = tag.id
    taken.update((folded(mine.id), mine.id) for mine in own if mine.enabled)
    for mine in own:
        if not mine.enabled:
            continue
        for key, text in (("label", mine.label), *(("synonym", text) for text in mine.synonyms)):
            other = taken.setdefault(folded(text), mine.id)
            if other != mine.id:
                raise SettingsError(
                    f"[tags] {mine.id}: the {key} {text!r} already stands for the tag {other}; choose "
                    f"another word, or switch that tag off with {other} = {{ enabled = false }}"
                )


def with_tags(vocabulary: Vocabulary, own: Iterable[UserTag]) -> Vocabulary:
    """The vocabulary with what a person says of tags: new ones are judgements below the root of their
    category, those that are known are changed where something is said of them."""
    said = tuple(own)
    if not said:
        return vocabulary
    changed = dict(vocabulary.tags)
    claimed: dict[str, str] = {}
    for mine in said:
        known = vocabulary.get(mine.id)
        changed[mine.id] = _own_tag(mine) if known is None else _changed(known, mine)
        claimed.update((folded(text), mine.id) for text in (mine.label, *mine.synonyms))
    for tag in vocabulary:
        kept = tuple(s for s in changed[tag.id].synonyms if claimed.get(folded(s), tag.id) == tag.id)
        if kept != changed[tag.id].synonyms:
            changed[tag.id] = replace(changed[tag.id], synonyms=kept)
    return vocabulary.changed({tag.id: tag for tag in with_paths(changed, vocabulary.roots)})


def _own_tag(mine: UserTag) -> Tag:
    return Tag(
        mine.id,
        mine.label,
        mine.category,
        fact=False,
        floor=OWN_FLOOR if mine.floor is None else mine.floor,
        bar=OWN_BAR if mine.bar is None else mine.bar,
        synonyms=mine.synonyms,
        path=mine.path,
        own=True,
        meaning=" or ".join(mine.phrases) or "a word of your own",
        written=True if mine.written is None else mine.written,
        owned=mine.named,
        off=not mine.enabled,
    )


def _changed(tag: Tag, mine: UserTag) -> Tag:
    label = mine.label if mine.named else tag.label
    before = (tag.label,) if folded(label) != folded(tag.label) else ()
    return replace(
        tag,
        label=label,
        path=mine.path,
        synonyms=tuple(dict.fromkeys((*mine.synonyms, *tag.synonyms, *before))),
        floor=tag.floor if mine.floor is None else mine.floor,
        bar=tag.bar if mine.bar is None else mine.bar,
        written=tag.written if mine.written is None else mine.written,
        owned=tag.owned or mine.named,
        off=not mine.enabled,
    )


def with_words(
    vocabulary: Vocabulary, words: Iterable[OwnWord], apart: Collection[tuple[str, str]] = frozenset()
) -> Vocabulary:
    """The vocabulary with the words of its owner, the most important first.

    A word that means a tag by case, label, synonym or leaf is how the tag is written from now on, at the
    word's path; where several mean it, the first. A tag named in the settings keeps its name. A word without
    a hierarchy leaves the tag at its place. `apart` are (tag, word in the form of `folded`) that the owner
    keeps apart.
    """
    changed = dict(vocabulary.tags)
    others = dict(vocabulary.others)
    for kept_id, text in apart:
        if kept_id in changed:
            kept = tuple(s for s in changed[kept_id].synonyms if folded(s) != text)
            changed[kept_id] = replace(changed[kept_id], synonyms=kept)
        if others.get(text) == kept_id:
            del others[text]
    matching = vocabulary.changed(changed, others=others)
    named = {tag.id for tag in vocabulary if tag.owned}
    places: dict[str, Word] = {}
    for word in words:
        tag_id = word.tag or matching.match(word.keyword)
        if tag_id is not None and (tag_id, folded(word.keyword)) in apart and word.tag is None:
            tag_id = None
        if word.tag is None and tag_id is None:
            tag_id = next((t for t in map(matching.match, word.synonyms) if t is not None), None)
        for text in (word.keyword, *word.synonyms):
            places.setdefault(folded(text), Word(word.keyword, word.path, word.counted))
            if tag_id is not None:
                others.setdefault(folded(text), tag_id)
        meant = changed.get(tag_id or "") or (vocabulary.get(word.tag) if word.tag else None)
        if meant is not None and meant.id not in named:
            named.add(meant.id)
            changed[meant.id] = _spelled(meant, word)
    return vocabulary.changed(
        {tag.id: tag for tag in with_paths(changed, vocabulary.roots)}, others=others, words=places
    )


def _spelled(tag: Tag, word: OwnWord) -> Tag:
    label = word.keyword
    before = (tag.label,) if folded(label) != folded(tag.label) else ()
    synonyms = tuple(dict.fromkeys((*tag.synonyms, *before, *word.synonyms)))
    # A word in no hierarchy leaves the tag below its parent.
    path = word.path if len(word.path) > 1 else ()
    return replace(tag, label=label, path=path, synonyms=synonyms, owned=True)


def as_in_file(
    suggestions: Iterable[Suggestion], keywords: Sequence[str], vocabulary: Vocabulary
) -> tuple[Suggestion, ...]:
    """The suggestions, each called as the photo's file calls it where a keyword there means its tag: what the
    file says already is not asked again, whatever the library calls it elsewhere."""
    if not keywords:
        return tuple(suggestions)
    meant: dict[str | None, str] = {}
    for keyword in keywords:
        meant.setdefault(vocabulary.match(keyword), keyword)
    meant.pop(None, None)
    return tuple(
        replace(s, label=meant[s.tag]) if s.tag in meant and meant[s.tag] != s.label else s
        for s in suggestions
    )
