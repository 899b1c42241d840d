"""All words that are tags of a library, for completing what a person types."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nivo_tui.catalog.library import Library

# The distinct values of an indexed column, each found by one look into the index.
_EACH_TAG = (
    "WITH RECURSIVE each(tag) AS (SELECT min(tag) FROM suggestions UNION ALL "
    "SELECT (SELECT min(tag) FROM suggestions WHERE tag > each.tag) FROM each WHERE each.tag IS NOT NULL) "
    "SELECT (SELECT label FROM suggestions s WHERE s.tag = each.tag LIMIT 1) FROM each WHERE tag IS NOT NULL"
)
_EACH_KEYWORD = (
    "WITH RECURSIVE each(folded) AS (SELECT min(folded) FROM keywords UNION ALL "
    "SELECT (SELECT min(folded) FROM keywords WHERE folded > each.folded) FROM each "
    "WHERE each.folded IS NOT NULL) "
    "SELECT (SELECT keyword FROM keywords k WHERE k.folded = each.folded LIMIT 1) FROM each "
    "WHERE folded IS NOT NULL"
)
_DECIDED = "SELECT DISTINCT label FROM d.decisions"
# What is in no file: words of the settings, and of lists that were brought along.
_OF_SETTINGS = "SELECT keyword FROM words"
_BROUGHT = (
    "SELECT json_extract(w.path, '$[#-1]') FROM d.own_words w JOIN d.acts a ON a.id = w.act "
    "WHERE a.revoked_at IS NULL"
)
_LONGEST = 200


def known_words(library: Library) -> tuple[str, ...]:
    """The labels of suggestions, the keywords of files, the owner's other words and what was ever decided on;
    once each, in order.

    Words are the same whatever their case; that of the file's owner is kept before ours.
    """
    found: dict[str, str] = {}
    for query in (_EACH_KEYWORD, _OF_SETTINGS, _BROUGHT, _DECIDED, _EACH_TAG):
        for (word,) in library.connection.execute(query):
            if word and len(word) <= _LONGEST:
                found.setdefault(word.casefold(), word)
    return tuple(sorted(found.values(), key=str.casefold))
