"""The command line: arguments to a command. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from nivo_tui import __version__
from nivo_tui.commands import clock_options, tag_options
from nivo_tui.errors import HomeBusyError, NivoError, PhotoError, SettingsError, StoreError, UsageError

_COMMANDS: dict[str, tuple[str, str]] = {
    "scan": ("scan:run", "look at photos and remember what was seen"),
    "show": ("show:run", "show what is known about photos"),
    "search": ("search:run", "find photos by tags, people, faces, dates, ratings, places, words"),
    "decide": ("decide:run", "accept or reject suggested tags"),
    "decisions": ("decide:list_decisions", "list the decisions that stand"),
    "revoke": ("decide:revoke", "take one decision back"),
    "write": ("write:write", "write accepted tags, or keywords given, into files"),
    "untag": ("write:untag", "take away what nivo-tui wrote"),
    "undo": ("write:undo", "take back a run"),
    "runs": ("write:runs", "list the runs that changed files"),
    "verify": ("write:verify", "check pictures, tags and backups"),
    "clock": ("clock:run", "correct the times of photos whose camera's clock was wrong"),
    "backups": ("backups:run", "list, verify, prune or restore the copies kept beside photos"),
    "report": ("report:report", "count tags by category"),
    "export": ("report:export", "everything known, as JSON or CSV"),
    "import": ("importing:import_tags", "take in tags from a file, or keywords that Lightroom exported"),
    "vocabulary": ("vocabulary:run", "what tags there are and how they are written; join your own words"),
    "thresholds": (
        "thresholds:run",
        "from which confidence on tags are ticked, learned from your judgements",
    ),
    "models": ("models:run", "list, fetch, import, verify or remove model packs"),
    "demo": ("demo:run", "try it on a small library of its own"),
    "doctor": ("doctor:run", "check the installation"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status (DESIGN of the statuses: see `nivo-tui --help`)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _open_standard_streams()
    options = _parse(words)
    try:
        return _run(options)
    except HomeBusyError as error:
        return _complain(error, 3)
    except (UsageError, SettingsError, StoreError) as error:
        return _complain(error, 2)
    except (NivoError, PhotoError) as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
    finally:
        _drop_unprintable()


def _open_standard_streams() -> None:
    """Give descriptors 0 to 2 that the caller closed (`>&-`) something to stand on.

    Otherwise the next files opened would get their numbers, and the engine would take a pipe for a log.
    """
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            made = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(made, True)


def _drop_unprintable() -> None:
    """What a stream did not take goes nowhere: Python would try it again at its end, and complain."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _complain(error: Exception, status: int) -> int:
    from nivo_tui.text import plain

    if sys.stderr is None:
        return status
    text = plain(f"nivo-tui: {error}")
    encoding = sys.stderr.encoding or "ascii"
    with suppress(OSError):
        sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    return status


def _run(options: argparse.Namespace) -> int:
    from nivo_tui.commands.common import Surroundings
    from nivo_tui.commands.output import Output
    from nivo_tui.settings import Settings, load_paths, load_settings

    paths = load_paths(options.home)
    # The doctor reports a broken settings file as one of its findings.
    settings = Settings() if options.command == "doctor" else load_settings(paths.config)
    around = Surroundings(paths, settings, Output(as_json=options.json), wait=not options.no_wait)
    module, _, function = _COMMANDS.get(options.command, ("screen:run", ""))[0].partition(":")
    command = getattr(importlib.import_module(f"nivo_tui.commands.{module}"), function)
    try:
        return int(command(options, around))
    except Exception as error:
        import sqlite3

        if not isinstance(error, sqlite3.Error):
            raise
        remedy = "nivo-tui doctor says which, and what to do."
        raise StoreError(f"a database of the home cannot be used: {error}. {remedy}") from error


def _parse(words: list[str]) -> argparse.Namespace:
    """Parse; a first word that is no command is the folder of the screen."""
    first = next((w for i, w in enumerate(words) if not w.startswith("-") and _is_free(words, i)), None)
    if first == "search":
        words = _query_apart(words)
    if first == "clock":
        words = clock_options.signs_joined(words)
    if first in _COMMANDS or {"-h", "--help", "--version"} & set(words):
        return _parser().parse_args(words)
    return _screen_parser().parse_args(words, argparse.Namespace(command="screen"))


def _query_apart(words: list[str]) -> list[str]:
    """The words of a query behind `--`, for a term may begin with a minus: search -tag:night --json."""
    options: list[str] = []
    query: list[str] = []
    for place, word in enumerate(words):
        is_value = place > 0 and words[place - 1] == "--home"
        if (
            is_value
            or word in ("--home", "--json", "--no-wait", "-h", "--help")
            or word.startswith("--home=")
        ):
            options.append(word)
        elif word != "--":
            query.append(word)
    query.remove("search")
    return ["search", *options, "--", *query]


def _is_free(words: list[str], place: int) -> bool:
    """Whether a word is not the value of the option before it."""
    return place == 0 or words[place - 1] not in ("--home", "--images")


def _common(*, suppress: bool) -> argparse.ArgumentParser:
    """The options that stand before or after the command's name."""

    def default(value: object) -> object:
        return argparse.SUPPRESS if suppress else value

    common = argparse.ArgumentParser(add_help=False, argument_default=None)
    common.add_argument(
        "--home", metavar="DIR", default=default(None), help="where nivo-tui keeps its things"
    )
    common.add_argument(
        "--json", action="store_true", default=default(False), help="JSON Lines on stdout, a summary last"
    )
    common.add_argument(
        "--no-wait", action="store_true", default=default(False), help="exit 3 where the home is busy"
    )
    return common


def _screen_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nivo-tui", parents=[_common(suppress=False)])
    _add_screen_arguments(parser)
    return parser


def _add_screen_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", metavar="DIR", help="the folder to open (default: this one)")
    _add_images(parser)


def _add_images(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--images",
        choices=("auto", "sixel", "kitty", "half", "none"),
        help="how pictures are shown in the terminal",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nivo-tui",
        description="Tag a photo library in the terminal. Without a command, opens the screen on DIR.",
        usage="nivo-tui [DIR] | nivo-tui COMMAND ...",
        epilog="Exit: 0 done; 1 done, but some photo failed; 2 wrong usage or settings; 3 busy; "
        "130 interrupted. "
        "Nothing changes a photo without --execute.",
        parents=[_common(suppress=False)],
    )
    parser.add_argument("--version", action="version", version=f"nivo-tui {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, prog="nivo-tui")
    made = {
        name: commands.add_parser(name, help=words, description=words, parents=[_common(suppress=True)])
        for name, (_, words) in _COMMANDS.items()
    }
    for name in ("scan", "show", "decide", "write", "untag", "verify", "report", "export"):
        made[name].add_argument("paths", nargs="+", metavar="PATH", help="photos, or folders of them")
    _add_search(made["search"])
    for name in ("undo", "decisions"):
        made[name].add_argument("paths", nargs="*", metavar="PATH")
    _add_scan(made["scan"])
    _add_decide(made["decide"])
    made["revoke"].add_argument("id", type=_number, metavar="ID")
    _add_write(made["write"])
    made["untag"].add_argument("--tags", metavar="A,B", help="only these")
    made["undo"].add_argument(
        "--run", type=_number, metavar="ID", help="this run, not the newest that stands"
    )
    for name in ("write", "untag", "undo"):
        _add_execute(made[name])
    clock_options.add_to(made["clock"], [_common(suppress=True)], _number)
    _add_backups(made["backups"])
    tag_options.add_vocabulary(made["vocabulary"], [_common(suppress=True)])
    _add_models(made["models"])
    tag_options.add_thresholds(made["thresholds"], [_common(suppress=True)])
    made["report"].add_argument("--all", action="store_true", help="list every tag, not the top 20 alone")
    made["export"].add_argument("--format", choices=("json", "csv"), default="json")
    made["export"].add_argument("-o", "--output", metavar="FILE")
    made["import"].add_argument("file", metavar="FILE")
    made["import"].add_argument("--accept", action="store_true", help="accept the tags at once")
    made["demo"].add_argument("--dir", metavar="DIR", help="where the demo library is made")
    _add_images(made["demo"])
    made["demo"].add_argument("--check", action="store_true", help="walk the whole loop without the screen")
    return parser


def _add_scan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--models", metavar="auto|none|NAME,...", help="what looks at the photos")
    parser.add_argument("--recheck", action="store_true", help="look at unchanged photos again")
    parser.add_argument("--limit", type=_positive, metavar="N", help="at most N photos")
    parser.add_argument("-v", "--verbose", action="store_true", help="a line for every photo")


def _add_search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", nargs="+", metavar="QUERY", help="what all of holds for the photos")
    parser.epilog = (
        "A QUERY stands in single quotes: "
        'nivo-tui search \'tag:beach -tag:night person:"Ann" faces:>=2 taken:2025-06..2025-08 quality:>60 '
        "rating:>=3 format:heic near:Lisbon,5km is:todo keyword:holiday folder:Batch_1 word'. "
        "A minus leaves out; is: takes undecided new todo done passed failed write accepted rejected; "
        "a word is looked for in names, tags and keywords."
    )


def _add_decide(parser: argparse.ArgumentParser) -> None:
    from nivo_tui.model import Category

    parser.add_argument("--accept", metavar="TAG,..")
    parser.add_argument("--reject", metavar="TAG,..")
    parser.add_argument("--category", choices=[c.value for c in Category], help="open tags of this category")
    parser.add_argument("--min-confidence", type=_share, metavar="X", help="open tags at X (0-1) or above")
    parser.add_argument("--all", action="store_true", help="every open tag")
    parser.add_argument("--names", action="store_true", help="names of people too")


def _add_write(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=_positive, metavar="N", help="at most N photos")
    parser.add_argument(
        "--keyword", action="append", default=[], metavar="K", help="this keyword; repeatable"
    )
    parser.add_argument("--keywords", metavar="A,B", help="these keywords, instead of the accepted tags")
    parser.add_argument("--description", metavar="T", help="a description, where the file has none")
    parser.add_argument("--describe", action="store_true", help="a description made from what was seen")
    parser.add_argument("--categories", metavar="all|C,..", help="only these, and their facts too")
    parser.add_argument("--target", choices=("auto", "file", "sidecar"), default="auto")
    parser.add_argument("--no-backup", action="store_true", help="keep no .original beside the file")


_BACKUPS = {
    "list": "the backups, without reading them",
    "verify": "whether each still is the copy that was made",
    "prune": "delete those whose photo is intact",
    "restore": "put the newest back in the place of its photo; undo takes that back",
}


def _add_backups(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "prune and restore print what they would do; --execute does it. prune takes --older-than DAYS, "
        "and --changed for photos that other programs changed since."
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, words in _BACKUPS.items():
        action = actions.add_parser(name, help=words, description=words, parents=[_common(suppress=True)])
        action.add_argument(
            "paths", nargs="*", metavar="PATH", help="of these photos or folders only, or these backups"
        )
        if name in ("prune", "restore"):
            _add_execute(action)
        if name == "prune":
            action.add_argument("--older-than", type=_days, metavar="DAYS", help="only those made before")
            action.add_argument(
                "--changed", action="store_true", help="also where another program changed the metadata since"
            )


_MODELS = {
    "list": "the packs that are here, and those that can be fetched",
    "fetch": "download packs by name; one that was stopped goes on where it was",
    "import": "copy packs into the home: a zip, a folder, or one .onnx file",
    "verify": "read the files again and compare their hashes",
    "remove": "delete packs from the home",
}


def _add_models(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, words in _MODELS.items():
        action = actions.add_parser(name, help=words, description=words, parents=[_common(suppress=True)])
        if name == "import":
            action.add_argument("paths", nargs="+", metavar="FILE|DIR")
        elif name != "list":
            action.add_argument("names", nargs="*" if name == "verify" else "+", metavar="NAME")


def _add_execute(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--execute", action="store_true", help="do it; without this the plan is printed")


def _days(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 100_000:
        raise argparse.ArgumentTypeError("must be a number of days")
    return value


def _number(text: str) -> int:
    """The number of a decision or a run, as the databases can hold it."""
    value = int(text)
    if not 0 < value < 1 << 63:
        raise argparse.ArgumentTypeError("there is no such number")
    return value


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("must lie between 0 and 1")
    return value


if __name__ == "__main__":
    sys.exit(main())
