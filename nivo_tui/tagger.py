"""Writing tags from a program of one's own."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import closing

from nivo_tui.model import Receipt


class WriteReceipt:
    """What `write_tags` did: the receipts of the files it looked at; true where something was written."""

    def __init__(self, receipts: tuple[Receipt, ...]) -> None:
        self.receipts = receipts

    def __bool__(self) -> bool:
        return any(receipt.status == "written" for receipt in self.receipts)

    def __repr__(self) -> str:
        return f"WriteReceipt({self.receipts!r})"

    @property
    def status(self) -> str:
        """written where any file was; else what became of the first: unchanged, refused or failed."""
        return "written" if self else self.receipts[0].status

    @property
    def reason(self) -> str | None:
        """Why something was refused or failed, or went to a sidecar."""
        return next((receipt.reason for receipt in self.receipts if receipt.reason), None)

    @property
    def added(self) -> tuple[str, ...]:
        """The keywords and texts that were added."""
        return tuple(dict.fromkeys(value for receipt in self.receipts for value in receipt.added))


def write_tags(
    path: str | os.PathLike[str],
    keywords: str | bytes | Iterable[str],
    title: str | None = None,
    description: str | None = None,
) -> WriteReceipt:
    """Add keywords to a photo, and a title and a description where it has none. Nothing is replaced.

    A plain string (or bytes, a path) for `keywords` is one keyword.
    It is a run of its own in the journal of the home (NIVO_HOME), and is taken back by `nivo-tui undo`.
    A photo that cannot be written is a receipt that is false, with its reason. Raises SettingsError or
    StoreError where the home cannot be used.
    """
    from nivo_tui.catalog.decisions import open_decisions
    from nivo_tui.metadata.apply import apply_plan
    from nivo_tui.metadata.journal import Journal
    from nivo_tui.metadata.plan import WriteOptions, WriteRequest, plan_write
    from nivo_tui.metadata.planned import now
    from nivo_tui.metadata.xmp import Keyword
    from nivo_tui.platform.locks import FileLock
    from nivo_tui.settings import load_paths, load_settings

    if isinstance(keywords, (str, bytes, os.PathLike)):
        keywords = (os.fsdecode(keywords),)
    paths = load_paths()
    paths.create()
    settings = load_settings(paths.config).write
    request = WriteRequest(
        os.path.abspath(path),
        tuple(Keyword(text) for text in keywords),
        title,
        description,
        backup=settings.backup,
    )
    with closing(open_decisions(paths)) as connection, FileLock(paths.lock) as lock:
        journal = Journal(connection)
        options = WriteOptions.of(settings, journal.home())
        if lock.acquire():
            journal.settle()  # nobody else is writing, so what is unfinished was interrupted
        run = journal.begin_run("write_tags", now())
        try:
            return WriteReceipt(apply_plan(plan_write(request, options, run), journal, run, options))
        finally:
            journal.end_run(run, now())
