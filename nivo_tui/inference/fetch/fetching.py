"""Bringing the files of a registered pack from their addresses into one folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nivo_tui.inference.fetch.download import Downloaded
from nivo_tui.inference.fetch.transfer import Watch
from nivo_tui.inference.fetch.unpack import unpack
from nivo_tui.inference.packs.registry import Registered
from nivo_tui.platform.files import replace

Get = Callable[..., Downloaded]


@dataclass(frozen=True, slots=True)
class _Part:
    """Something to download: the archive, or a file by its name in the pack."""

    name: str
    url: str
    bytes: int | None
    sha256: str | None


def gather(entry: Registered, downloads: Path, watch: Watch, get: Get) -> None:
    """Download what `entry` names into `downloads`. What has come stays there for the next time."""
    parts = _parts_of(entry)
    total = size_of(entry)
    done = 0
    for part in parts:
        got = get(
            part.url,
            downloads / part.name,
            expected_bytes=part.bytes,
            expected_sha256=part.sha256,
            progress=_shifted(watch, done, total, single=len(parts) == 1),
            cancelled=watch.cancelled,
        )
        done += got.bytes


def lay_out(entry: Registered, downloads: Path, folder: Path, watch: Watch) -> None:
    """Bring what was downloaded into `folder`, which is made. Raises OSError as well as PackError."""
    if entry.url is not None:
        named = frozenset(file.name for file in entry.files if file.url is None)
        unpack(downloads / _archive(entry), folder, watch=watch, named=named)
    else:
        folder.mkdir(parents=True)
    for file in entry.files:
        if file.url is not None:
            replace(downloads / file.name, folder / file.name)


def size_of(entry: Registered) -> int | None:
    """The bytes to download for a pack, where they are known."""
    sizes = [part.bytes for part in _parts_of(entry)]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def _parts_of(entry: Registered) -> list[_Part]:
    parts = [_Part(file.name, file.url, file.bytes, file.sha256) for file in entry.files if file.url]
    if entry.url is not None:
        parts.insert(0, _Part(_archive(entry), entry.url, entry.archive_bytes, entry.archive_sha256))
    return parts


def _shifted(
    watch: Watch, done: int, total: int | None, *, single: bool
) -> Callable[[int, int | None], None]:
    return lambda count, whole: watch.progress(done + count, total or (whole if single else None))


def _archive(entry: Registered) -> str:
    return f"{entry.name}.zip"
