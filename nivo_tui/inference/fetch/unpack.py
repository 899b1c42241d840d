"""Taking the model files out of a zip that nobody vouches for."""

from __future__ import annotations

import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from nivo_tui.errors import PackError
from nivo_tui.inference.fetch.names import arrange, parts_of, same_everywhere
from nivo_tui.inference.fetch.transfer import Watch, check_room, fill, pieces_of
from nivo_tui.text import size_words

_SMALL = 64 << 20
_TAIL = 22 + 65535
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, ValueError, OSError)
"""What zipfile meets in a damaged file. Bytes that cannot be written are errors of their own already."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may hold: members, bytes unpacked, and how many times larger than packed.

    The ratio counts above 64 MiB alone: a small file of zeros harms nobody.
    """

    members: int = 2_000
    bytes: int = 8 << 30
    ratio: int = 100


_USUAL = Limits()


class ArchiveError(PackError):
    """A zip that cannot be read, or that does not look honest."""


def unpack(
    archive: Path,
    folder: Path,
    *,
    watch: Watch,
    named: frozenset[str] = frozenset(),
    limits: Limits = _USUAL,
) -> tuple[Path, ...]:
    """Write the files of a pack in a zip into `folder`, which is made; returns them, in order of their names.

    `names.arrange` says which these are; `named` are the models that are wanted, where that is known. Raises
    ArchiveError where the zip is damaged, locked by a password, or holds any member that leads elsewhere, is
    a link, or is too large: then nothing is left of it.
    """
    try:
        with archive.open("rb") as file:
            folder.mkdir(parents=True)
            try:
                return _Zip(archive.name, named, limits).unpack(file, folder, watch)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ArchiveError(f"{archive.name} cannot be unpacked: {reason}") from error


class _Zip:
    """A zip under examination. Every refusal names the file."""

    def __init__(self, name: str, named: frozenset[str], limits: Limits) -> None:
        self._name = name
        self._named = named
        self._limits = limits

    def unpack(self, file: BinaryIO, folder: Path, watch: Watch) -> tuple[Path, ...]:
        """Check all members, then write those that are wanted."""
        self._check_directory(file)
        try:
            with zipfile.ZipFile(file) as opened:
                return self._write(opened, self._members(opened.infolist()), folder, watch)
        except _DAMAGED as error:
            raise ArchiveError(
                f"{self._name} is damaged or cannot be read ({error}): get it again"
            ) from error
        except (NotImplementedError, RuntimeError) as error:
            raise ArchiveError(
                f"{self._name} is packed in an unusual way ({error}): unpack it and import the folder"
            ) from error

    def _check_directory(self, file: BinaryIO) -> None:
        """Look at the directory's size before anything of it is held in memory (APPNOTE.TXT 4.3.16)."""
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL))
        tail = file.read(_TAIL)
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or at + 22 > len(tail):
            raise ArchiveError(f"{self._name} is cut short or no zip: get it again")
        count, length = struct.unpack_from("<HI", tail, at + 10)
        if count > self._limits.members or length > self._limits.members * 1024:
            raise self._refused(f"more than {self._limits.members} files")

    def _refused(self, what: str) -> ArchiveError:
        return ArchiveError(f"{self._name} holds {what}: it is not unpacked")

    def _members(self, infos: Sequence[zipfile.ZipInfo]) -> list[tuple[str, zipfile.ZipInfo]]:
        """The wanted members, each with its name in the pack; all members are checked."""
        if len(infos) > self._limits.members:
            raise self._refused(f"more than {self._limits.members} files")
        placed = [(parts, info) for info in infos if (parts := self._checked(info)) and not info.is_dir()]
        seen: set[str] = set()
        for parts, _ in placed:
            key = same_everywhere("/".join(parts))
            if key in seen:
                raise self._refused(f"{parts[-1]!r} twice")
            seen.add(key)
        try:
            kept = arrange(placed, self._named)
        except ValueError as error:
            raise self._refused(f"folders in which {error}") from error
        if not any(name.lower().endswith(".onnx") for name, _ in kept):
            wanted = f" named {' or '.join(sorted(self._named))}" if self._named else ""
            raise ArchiveError(f"{self._name} holds no .onnx file{wanted}")
        self._check_sizes([info for _, info in kept])
        return kept

    def _checked(self, info: zipfile.ZipInfo) -> tuple[str, ...]:
        # The name as it stands in the archive: zipfile cuts its own at a zero byte.
        told = info.orig_filename
        try:
            parts = parts_of(told)
        except ValueError as error:
            raise self._refused(f"{error} ({told[:80]!r})") from error
        if info.flag_bits & 0x1:
            raise ArchiveError(f"{self._name} is locked with a password: unpack it and import the folder")
        mode = info.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise self._refused(f"a link or a device ({told[:80]!r})")
        return parts

    def _check_sizes(self, infos: Sequence[zipfile.ZipInfo]) -> None:
        unpacked = sum(info.file_size for info in infos)
        packed = max(1, sum(info.compress_size for info in infos))
        if unpacked > self._limits.bytes or (unpacked > _SMALL and unpacked > self._limits.ratio * packed):
            raise self._refused(f"{size_words(unpacked)} in {size_words(packed)}, which is no model pack")

    def _write(
        self,
        opened: zipfile.ZipFile,
        members: Sequence[tuple[str, zipfile.ZipInfo]],
        folder: Path,
        watch: Watch,
    ) -> tuple[Path, ...]:
        total = sum(info.file_size for _, info in members)
        check_room(folder, total)
        done = 0
        for name, info in members:
            with opened.open(info) as packed:
                pieces = self._counted(pieces_of(packed), info)
                fill(folder / name, pieces, watch, done=done, total=total)
            done += info.file_size
        return tuple(folder / name for name, _ in members)

    def _counted(self, pieces: Iterator[bytes], info: zipfile.ZipInfo) -> Iterator[bytes]:
        """The pieces of a member. zipfile gives no more than was stated; here it is no less either."""
        left = info.file_size
        for piece in pieces:
            left -= len(piece)
            yield piece
        if left:
            raise ArchiveError(
                f"{self._name} is damaged ({info.filename!r} has another length): get it again"
            )
