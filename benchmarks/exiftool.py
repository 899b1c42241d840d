"""exiftool for the benchmarks: the reader that says what a write did, and the writer to compare with."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Tags = Mapping[str, Any]

_READ = ("-charset", "filename=utf8", "-j", "-b", "-G1", "-a", "-s", "-U", "-struct")
_HASH = ("-api", "requesttags=ImageDataHash", "-ImageDataHash", "-all")
_DERIVED_GROUPS = frozenset({"ExifTool", "System", "File", "Composite", ""})
# Where things lie in the file, how long they are, and digests of them: none of it is what a photo says.
_PLACES = re.compile(
    r"(Offsets?|Start|Pointer|Length|ByteCounts|ImageDataHash|MediaData(Size|Offset)?|IPTCDigest|Padding)$"
    r"|^(ExifByteOrder|HasExtendedXMP|WebP_Flags|XMPToolkit|About)$"
)
_WORDS = ("Keywords", "Subject")
# What writing a keyword is meant to change.
_MEANT = frozenset(
    {*_WORDS, "HierarchicalSubject", "TagsList", "MetadataDate", "CodedCharacterSet"}
    | {"EnvelopeRecordVersion", "ApplicationRecordVersion"}
)
# What a write may leave behind when its keywords are taken away again.
_LEFT = frozenset({"MetadataDate", "CodedCharacterSet", "EnvelopeRecordVersion", "ApplicationRecordVersion"})


def command() -> list[str] | None:
    """exiftool as NIVO_EXIFTOOL names it, or the one of the system; None where there is none."""
    named = os.environ.get("NIVO_EXIFTOOL")
    if not named:
        found = shutil.which("exiftool")
        return None if found is None else [found]
    words = [named] if os.path.isfile(named) else shlex.split(named)
    needs_perl = len(words) == 1 and not os.access(words[0], os.X_OK)
    return ["perl", *words] if needs_perl else words


def read(exiftool: Sequence[str], files: Iterable[Path]) -> dict[Path, Tags]:
    """All tags of files, by path. Repeated tags are lists."""
    with tempfile.TemporaryDirectory(prefix="nivo-bench-") as place:
        names = Path(place) / "files.args"
        text = "".join(f"{file}\n" for file in files)
        names.write_text(text, encoding="utf-8", errors="surrogateescape")
        run = subprocess.run([*exiftool, *_READ, *_HASH, "-@", str(names)], capture_output=True, check=False)
    found = json.loads(run.stdout or b"[]", object_pairs_hook=_together)
    return {Path(tags["SourceFile"]): tags for tags in found}


def _together(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        found[key] = [found[key], value] if key in found else value
    return found


def lost_and_altered(before: Tags, after: Tags) -> tuple[list[str], list[str]]:
    """The tags that are gone, and those with another value.

    Places, and what a write is meant to change, are left out. A keyword that was there and is not any more
    is a lost tag too.
    """
    old, new = _said(before, _MEANT), _said(after, _MEANT)
    lost = [name for name in old if name not in new]
    lost += [f"keyword {word}" for word in sorted(words(before) - words(after))]
    return lost, [name for name, value in old.items() if new.get(name, value) != value]


def differences(before: Tags, after: Tags) -> list[str]:
    """The tags that differ in any way, but for places and the empty frame that a write may leave."""
    old, new = _said(before, _LEFT), _said(after, _LEFT)
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def _said(tags: Tags, meant: frozenset[str]) -> dict[str, str]:
    said = {}
    for key, value in tags.items():
        group, _, name = key.rpartition(":")
        if group in _DERIVED_GROUPS or "nivo" in group.lower() or name in meant or _PLACES.search(name):
            continue
        text = json.dumps(value, sort_keys=True)
        said[key] = text if len(text) < 100 else hashlib.blake2b(text.encode()).hexdigest()
    return said


def words(tags: Tags, group: str = "") -> set[str]:
    """The keywords of a file: of XMP, of IPTC, or of both."""
    found: set[str] = set()
    for key, value in tags.items():
        if key.rpartition(":")[2] in _WORDS and key.startswith(group):
            found.update(str(word) for word in (value if isinstance(value, list) else [value]))
    return found


def image_hash(tags: Tags) -> str | None:
    """exiftool's own hash of the image data, where it makes one."""
    return next((value for key, value in tags.items() if key.endswith("ImageDataHash")), None)


def adding(keywords: Iterable[str]) -> list[str]:
    """The arguments that add keywords, keep the time of the file, and make no copy."""
    added = [f"-{tag}+={word}" for word in keywords for tag in ("XMP-dc:Subject", "IPTC:Keywords")]
    return ["-charset", "filename=utf8", "-codedcharacterset=utf8", "-overwrite_original", "-P", *added]


class StayOpen:
    """An exiftool that stays open and does one file after the other."""

    def __init__(self, exiftool: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [*exiftool, "-stay_open", "True", "-@", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> StayOpen:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, arguments: Sequence[str]) -> None:
        """Do one command and wait for its end."""
        assert self._process.stdin is not None and self._process.stdout is not None
        lines = "".join(f"{argument}\n" for argument in (*arguments, "-execute"))
        self._process.stdin.write(lines.encode("utf-8", "surrogateescape"))
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.strip() == b"{ready}":
                return
        raise RuntimeError("exiftool ended")

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"-stay_open\nFalse\n")
        self._process.stdin.close()
        self._process.wait()
