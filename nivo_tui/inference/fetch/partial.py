"""A download that is not whole yet: its bytes so far, and what tells whether that file is still there."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from nivo_tui.inference.fetch.transfer import StoredError, Target, Watch, disk_trouble


@dataclass(frozen=True, slots=True)
class Origin:
    """Which file of a server the bytes are of: its strong `etag` (RFC 9110, 8.8.3), its length `total`."""

    url: str
    etag: str | None = None
    modified: str | None = None
    total: int | None = None

    @property
    def validator(self) -> str | None:
        """What If-Range takes (RFC 9110, 13.1.5); None where a part cannot be asked for safely."""
        return self.etag or self.modified


class Partial(Target):
    """The bytes so far in `path`, and their origin in a small file beside it, kept over a stop or a crash.

    Bytes whose origin is another address, or that nothing vouches for, are dropped: `trusted` says that
    the hash of the whole is known and will find a mixture out. `resumed`: bytes of several answers are in it.
    """

    def __init__(self, path: Path, url: str, *, trusted: bool, watch: Watch) -> None:
        self._sheet = path.with_name(f"{path.name}.json")
        known = _read(self._sheet)
        keep = known is not None and known.url == url and (trusted or known.validator is not None)
        self.origin = known if keep and known is not None else Origin(url)
        super().__init__(path, keep=keep, watch=watch)
        self.resumed = self.size > 0

    def begin(self, origin: Origin) -> None:
        """Start over with the first byte of `origin`."""
        self.restart()
        self.resumed = False
        self._note(origin)

    def forget(self) -> None:
        """Drop the bytes: they are not of the file that is wanted."""
        self.begin(Origin(self.origin.url))

    def finish(self) -> None:
        """The file is whole: bring it to the disk, and note that nothing is missing."""
        self.close()
        self._note(replace(self.origin, total=self.size))

    def _note(self, origin: Origin) -> None:
        self.origin = origin
        try:
            self._sheet.write_text(json.dumps(asdict(origin)), encoding="utf-8")
        except OSError as error:
            raise disk_trouble(error, self._sheet) from error

    def discard(self) -> None:
        """Remove the file and the note."""
        self.close(sync=False)
        self.path.unlink(missing_ok=True)
        self._sheet.unlink(missing_ok=True)

    def leave(self, *, trusted: bool) -> None:
        """Close for a later go, or remove what could never be gone on with."""
        if not self.size or not (trusted or self.origin.validator):
            self.discard()
            return
        with suppress(StoredError):
            self.close()


def _read(sheet: Path) -> Origin | None:
    try:
        stored = json.loads(sheet.read_text(encoding="utf-8"))
        origin = Origin(**stored)
    except (OSError, ValueError, TypeError):
        return None
    texts = (origin.url, origin.etag or "", origin.modified or "")
    whole = isinstance(origin.total, int | None) and not isinstance(origin.total, bool)
    return origin if whole and all(isinstance(text, str) for text in texts) else None
