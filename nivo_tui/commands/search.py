"""`nivo-tui search`: the photos that a query finds, as `show` prints them."""

from __future__ import annotations

from argparse import Namespace

from nivo_tui.catalog.finder import Finder
from nivo_tui.catalog.query import parse
from nivo_tui.commands.common import DONE, Surroundings, open_library
from nivo_tui.commands.show import as_json, words_of_photo


def run(options: Namespace, around: Surroundings) -> int:
    """Print every scanned photo that matches, members of shots by themselves."""
    query = parse(" ".join(options.query))
    library = open_library(around)
    if query.meant:
        around.output.message(query.meant)
    found = 0
    try:
        for path in list(Finder(library).paths(query)):
            detail = library.detail(path)
            if detail is not None:
                around.output.line("photo", as_json(detail), *words_of_photo(detail))
                found += 1
    finally:
        library.close()
    if not found:
        around.output.message(
            f"no scanned photo matches {query.text}" if query.text else "no photo is scanned yet"
        )
    around.output.summary({"photos": found})
    return DONE
