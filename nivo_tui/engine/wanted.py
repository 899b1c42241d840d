"""What a write would put into a photo: the keywords given, or what was accepted and the facts asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from nivo_tui.catalog.records import fold
from nivo_tui.catalog.views import PhotoDetail
from nivo_tui.errors import UsageError
from nivo_tui.metadata.plan import WriteRequest
from nivo_tui.metadata.xmp import Keyword
from nivo_tui.model import Category, State, Suggestion
from nivo_tui.settings import Settings
from nivo_tui.tagging.phrases import UserTag, parse_user_tags
from nivo_tui.tagging.vocabulary import Vocabulary
from nivo_tui.text import plain

_ACCEPTED = "accepted"
_FROM_PERSON = frozenset({"you", "import"})


@dataclass(frozen=True)
class Wish:
    """What a write job was asked to write.

    `keywords` stand for themselves, in place of the accepted tags. `categories` is "accepted", "all" or a
    comma list of categories; `style` is label or id, `language` that of the labels; `own` are tags that the
    person described.
    """

    keywords: tuple[str, ...]
    title: str | None
    description: str | None
    describe: bool
    categories: str
    style: str
    target: str
    backup: bool
    language: str = "en"
    own: tuple[UserTag, ...] = ()

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
            if self.needs_decisions:
                owned = {fold(word): word for word in reversed(detail.file_keywords)}
                words += [self._keyword(s, owned) for s in detail.suggestions if self._is_wanted(s, detail)]
            if self.describe and description is None:
                description = describe(detail)
        return WriteRequest(
            path=path,
            keywords=tuple(words),
            title=self.title,
            description=description,
            target=self.target,
            backup=self.backup,
            expected=None if detail is None else (detail.size, detail.mtime_ns),
        )

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary.load(self.language).with_tags(self.own)

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
        says_something = s.fact and s.tag not in detail.uninformative
        return self.categories != _ACCEPTED and says_something and s.state is State.UNDECIDED

    def _keyword(self, s: Suggestion, owned: Mapping[str, str]) -> Keyword:
        """The tag as a keyword; one the file has (`owned`, by folded form) is spelt as its owner does."""
        tag = self._vocabulary.get(s.tag)
        text = s.tag if self.style == "id" else s.label
        text = owned.get(fold(s.label)) or owned.get(fold(s.tag)) or text
        path = (*tag.path[:-1], text) if tag is not None and len(tag.path) > 1 else ()
        by_person = s.source in _FROM_PERSON
        return Keyword(
            text,
            path,
            s.tag,
            None if by_person else s.source,
            None if by_person or s.is_name else s.confidence,
        )


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


def wish_of(settings: Settings, options: dict[str, object]) -> Wish:
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
        language=settings.screen.language,
        own=parse_user_tags(settings.tags),
    )


def _text(value: object) -> str | None:
    return str(value) if value else None
