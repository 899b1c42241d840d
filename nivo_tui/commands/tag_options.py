"""The words of `nivo-tui vocabulary` and `thresholds`; nothing heavy, for they are read at every start."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence

_VOCABULARY = {
    "list": ("every tag, with its category, thresholds and photos", ()),
    "show": ("all about one tag", ("TAG",)),
    "off": ("never suggest a tag again; the history can take it back", ("TAG",)),
    "on": ("suggest a tag again", ("TAG",)),
    "map": ("write a tag as this word of yours, or at this path: 'Places|Coast|Beach'", ("TAG", "WORD")),
    "import": ("take in the keywords that Lightroom exported", ("FILE",)),
}


def add_vocabulary(parser: ArgumentParser, common: Sequence[ArgumentParser]) -> None:
    """Give a parser the actions of `vocabulary`; `common` are options of every command."""
    parser.epilog = (
        "A TAG is its id, its label or another word for it. list takes --category. Without ACTION: list."
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=False)
    parser.set_defaults(action="list", category=None)
    for name, (words, named) in _VOCABULARY.items():
        action = actions.add_parser(name, help=words, description=words, parents=common)
        for metavar in named:
            action.add_argument(metavar.lower(), metavar=metavar)
        if name == "list":
            action.add_argument("--category", metavar="C", help="of this category alone")


_THRESHOLDS = {
    "list": "for each tag you judged: the bar it comes with, the learned one, and how many were right",
    "reset": "let what was judged so far count no more: of these tags, or of all; the history undoes it",
    "on": "tick tags by their learned bars",
    "off": "tick tags by the bars they come with",
}


def add_thresholds(parser: ArgumentParser, common: Sequence[ArgumentParser]) -> None:
    """Give a parser the actions of `thresholds`; `common` are options of every command."""
    parser.epilog = (
        "Only tags that a key of its own accepted, rejected or unticked count, 20 or more of a tag. "
        "Without ACTION: list."
    )
    parser.set_defaults(action="list")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=False)
    for name, words in _THRESHOLDS.items():
        action = actions.add_parser(name, help=words, description=words, parents=common)
        if name == "reset":
            action.add_argument("tags", nargs="*", metavar="TAG", help="ids or labels; none: every tag")
