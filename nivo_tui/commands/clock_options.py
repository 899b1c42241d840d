"""The words of `nivo-tui clock`; nothing heavy, for they are read at every start."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Sequence


def add_to(parser: ArgumentParser, common: Sequence[ArgumentParser], number: Callable[[str], int]) -> None:
    """Give a parser the actions of `clock`; `common` are options of every command, `number` reads an id."""
    parser.epilog = (
        "Files are never changed: tags, search and bursts go by the corrected time. Of several corrections "
        "that fit a photo the newest alone counts. --from and --to are of the time that the files say. "
        "set takes --shift, --zone, or --photo with --time; --camera, --from and --to say of which photos."
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    words = {
        "list": "the corrections that stand",
        "set": "correct by --shift, by --zone, or by --photo and --time",
        "remove": "take a correction back",
    }
    made = {
        name: actions.add_parser(name, help=text, description=text, parents=common)
        for name, text in words.items()
    }
    made["set"].epilog = parser.epilog
    made["remove"].add_argument("id", type=number, metavar="ID")
    add = made["set"].add_argument
    add("--camera", metavar="NAME", help="this camera, as show names it (default: --photo's, else every)")
    add("--from", dest="first", metavar="DAY", help="photos from this day (or 'DAY TIME') on")
    add("--to", dest="last", metavar="DAY", help="photos until this day (or 'DAY TIME'), included")
    add("--shift", metavar="S", help="what is added to the clock: +1h30m, -2d, +0:00:45, or seconds")
    add("--zone", nargs=2, metavar=("WAS", "TRUE"), help="the clock was on UTC+1, the place in UTC+9")
    add("--photo", metavar="FILE", help="a scanned photo whose time is known")
    add("--time", metavar="T", help="its true time: '2025-08-14 14:02:33', +09:00 may follow")


def signs_joined(words: list[str]) -> list[str]:
    """A shift or zones that begin with a minus, so that they are not taken for options: --shift -2d."""
    made: list[str] = []
    for place, word in enumerate(words):
        behind = words[max(0, place - 2) : place]
        minus = word.startswith("-") and word[1:2].isdigit()
        if minus and behind[-1:] == ["--shift"]:
            made[-1] = f"--shift={word}"
        else:
            made.append(f"UTC{word}" if minus and "--zone" in behind else word)
    return made
