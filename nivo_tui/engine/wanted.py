"""What a write would put into a photo: the keywords given, or what was accepted and the facts asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from nivo_tui.catalog.records import fold
from nivo_tui.catalog.views import PhotoDetail
from nivo_tui.errors import UsageError
from nivo_tui.metadata.plan import WriteRequest
from nivo_tui.metadata.xmp import Keyword, Location
from nivo_tui.model import Category, State, Suggestion
from nivo_tui.settings import PrivatePlace, Settings
from nivo_tui.tagging.location import CITY, COUNTRY, REGION, country_code, holds
from nivo_tui.tagging.vocabulary import Vocabulary, folded
from nivo_tui.text import plain

_ACCEPTED = "accepted"
_FROM_PERSON = frozenset({"you", "import"})


@dataclass(frozen=True)
class Wish:
    """What a write job was asked to write.

    `keywords` stand for themselves, in place of the accepted tags. `categories` is "accepted", "all" or a
    comma list of categories; `style` is label or id. `vocabulary` says how the owner writes each tag.
    Of a photo in one of the `private` places no tag of where it is gets written, accepted before or not.
    """

    keywords: tuple[str, ...]
    title: str | None
    description: str | None
    describe: bool
    categories: str
    style: str
    target: str
    backup: bool
    vocabulary: Vocabulary = field(default_factory=Vocabulary.load)
    private: tuple[PrivatePlace, ...] = ()

    def __post_init__(self) -> None:
        named = self._named()
        unknown = [c for c in named if c not in {k.value for k in Category}]
        if unknown or not (named or self.categories in (_ACCEPTED, "all")):
            what = f"unknown category {unknown[0]!r}" if unknown else "no category is named"
            raise UsageError(f"{what}; there are: all, {', '.join(Category)}")
        for text in (*self.keywords, self.title or "", self.description or ""):
            if any("\ud800" <= character <= "\udfff" for character in text):
                raise UsageError(f"'{plain(text)}' is no text in UTF-8; nothing was written")
        for keyword in self.keywords:
            if not any(character.isprintable() and not character.isspace() for character in keyword):
                raise UsageError(f"the keyword '{plain(keyword)}' holds no character that can be seen")

    @property
    def needs_decisions(self) -> bool:
        """Whether the accepted tags are written, and not words given by name."""
        return not (self.keywords or self.title or self.description)

    def request(self, path: str, detail: PhotoDetail | None) -> WriteRequest:
        """The write of one photo; `detail` is None where it was never scanned."""
        words = [Keyword(word) for word in self.keywords]
        description = self.description
        if detail is not None:
            if self._is_private(detail):
                detail = _without_place(detail)
            if self.needs_decisions:
                words += [
                    self._keyword(s, detail.file_keywords)
                    for s in detail.suggestions
                    if self._is_wanted(s, detail)
                ]
            if self.describe and description is None:
                description = describe(detail)
        return WriteRequest(
            path=path,
            keywords=tuple(words),
            title=self.title,
            description=description,
            location=None if detail is None or not self.needs_decisions else self._location(detail),
            target=self.target,
            backup=self.backup,
            expected=None if detail is None else (detail.size, detail.mtime_ns),
        )

    def withholds(self, detail: PhotoDetail) -> bool:
        """Whether a tag would be written if it did not tell of a private place."""
        of_place = (s for s in detail.suggestions if s.category is Category.LOCATION)
        return self._is_private(detail) and any(self._is_wanted(s, detail) for s in of_place)

    def _is_private(self, detail: PhotoDetail) -> bool:
        gps = detail.gps
        return gps is not None and any(holds(place, gps) for place in self.private)

    def _named(self) -> list[str]:
        if self.categories in (_ACCEPTED, "all"):
            return []
        return [c.strip() for c in self.categories.split(",") if c.strip()]

    def _is_wanted(self, s: Suggestion, detail: PhotoDetail) -> bool:
        named = self._named()
        if named and s.category not in named:
            return False
        if s.state in (State.ACCEPTED, State.WRITTEN):
            return True
        if not s.fact or s.state is not State.UNDECIDED or s.tag in detail.uninformative:
            return False
        tag = self.vocabulary.get(s.tag)
        return self.categories != _ACCEPTED or (tag is not None and tag.written)

    def _keyword(self, s: Suggestion, in_file: Sequence[str]) -> Keyword:
        """The tag as a keyword, at its path: as the file has it, else as the library's owner writes it."""
        text, path = self._as_owned(s)
        text = self._as_in_file(s, in_file) or text
        path = (*path[:-1], text) if len(path) > 1 else ()
        by_person = s.source in _FROM_PERSON
        return Keyword(
            text,
            path,
            s.tag,
            None if by_person else s.source,
            None if by_person or s.is_name else s.confidence,
        )

    def _location(self, detail: PhotoDetail) -> Location | None:
        """What the tags of the place that are written say, for the fields that files have for it."""
        of_place = (s for s in detail.suggestions if s.category is Category.LOCATION)
        tags = [s for s in of_place if self._is_wanted(s, detail)]

        def called(kind: str) -> str | None:
            # More than one of a kind, as from a person and from the position, would be a guess.
            labels = {s.label for s in tags if s.tag.startswith(kind)}
            return labels.pop() if len(labels) == 1 else None

        countries = [s.tag for s in tags if s.tag.startswith(COUNTRY)]
        code = country_code(countries[0]) if len(countries) == 1 else None
        found = Location(called(CITY), called(REGION), called(COUNTRY), code)
        return None if found == Location() else found

    def _as_owned(self, s: Suggestion) -> tuple[str, tuple[str, ...]]:
        """How the owner writes the tag, and where; as the vocabulary does where they have no word for it.

        What a person typed is written as typed, where that is not another word of theirs for the same.
        """
        tag = self.vocabulary.get(s.tag)
        word = self.vocabulary.words.get(folded(s.label))
        path = s.path or (tag.path if tag is not None else ())
        if word is not None and (tag is None or s.source in _FROM_PERSON):
            return word.keyword, word.path if len(word.path) > 1 else path
        if tag is not None and tag.owned and s.source not in _FROM_PERSON:
            return tag.label, tag.path
        return s.tag if self.style == "id" and word is None else s.label, path

    def _as_in_file(self, s: Suggestion, in_file: Sequence[str]) -> str | None:
        """The first keyword of the file that stands for the tag."""
        names = (fold(s.label), fold(s.tag))
        same = (word for word in in_file if fold(word) in names or self.vocabulary.match(word) == s.tag)
        return next(same, None)


def _without_place(detail: PhotoDetail) -> PhotoDetail:
    kept = tuple(s for s in detail.suggestions if s.category is not Category.LOCATION)
    return replace(detail, suggestions=kept)


def describe(detail: PhotoDetail) -> str | None:
    """The generated description: "Quality: 60/100 | scene: beach, sea | ..."; None where nothing is known."""
    parts = [f"Quality: {detail.quality.score:.0f}/100"] if detail.quality else []
    for category in Category:
        labels = [s.label for s in _shown(detail.suggestions) if s.category is category]
        if labels:
            parts.append(f"{category}: {', '.join(labels)}")
    return " | ".join(parts) or None


def _shown(suggestions: Sequence[Suggestion]) -> list[Suggestion]:
    refused = (State.REJECTED, State.PASSED)
    return [s for s in suggestions if s.state not in refused]


def wish_of(settings: Settings, options: dict[str, object], vocabulary: Vocabulary) -> Wish:
    """The wish of a write job; the settings fill what its options leave out."""
    defaults = settings.write
    given = options.get("keywords")
    wanted_backup = options.get("backup")
    return Wish(
        keywords=tuple(str(k) for k in given) if isinstance(given, list | tuple) else (),
        title=_text(options.get("title")),
        description=_text(options.get("description")),
        describe=bool(options.get("describe")),
        categories=str(options.get("categories") or defaults.categories),
        style=defaults.style,
        target=str(options.get("target") or "auto"),
        backup=defaults.backup if wanted_backup is None else bool(wanted_backup),
        vocabulary=vocabulary,
        private=settings.places.private,
    )


def _text(value: object) -> str | None:
    return str(value) if value else None
