"""`python -m nivo_tui.engine.helper`: applies changed rules for the process that started it.

It is asked through its standard input and answers through its standard output, in pickled parts. It ends with
the end of its input, and so with its parent.
"""

from __future__ import annotations

import gc
import os
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

from nivo_tui.platform.process import duplicate_private, ignore_hangup, ignore_interrupt


def main() -> int:
    """Help until there is no more to do. Returns the exit status."""
    ignore_interrupt()
    ignore_hangup()
    gc.disable()
    from nivo_tui.catalog.photos import PhotoStore, open_for_reading
    from nivo_tui.catalog.renewal import RenewalRows
    from nivo_tui.engine.remaking import Remaking, Rules, send

    with (
        os.fdopen(duplicate_private(0), "rb") as asked,
        os.fdopen(duplicate_private(1), "wb") as answers,
        # What answers waits for the parent to read; what makes the next ones need not.
        ThreadPoolExecutor(1) as sending,
    ):
        os.dup2(2, 1)
        rules: Rules = pickle.load(asked)
        with closing(open_for_reading(rules.catalog)) as connection:
            remaking = Remaking(RenewalRows(PhotoStore(connection)), rules.analyser())
            send(answers, True)
            with suppress(EOFError):
                while True:
                    made = remaking.made(*pickle.load(asked))
                    sending.submit(send, answers, made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
