"""The version of the rules that turn evidence into tags."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.resources import files


def rules_version(*parts: object) -> str:
    """12 hex digits that change whenever the rules may: with this room's files, and with `parts`.

    `parts` are what else suggestions depend on, such as the language of the labels and a person's own tags.
    """
    return hashlib.sha256(repr((_of_files(), parts)).encode()).hexdigest()[:12]


@lru_cache(maxsize=1)
def _of_files() -> str:
    """Of the files themselves: a number kept by hand would be forgotten."""
    digest = hashlib.sha256()
    for file in sorted(files(__package__).iterdir(), key=lambda entry: entry.name):
        if file.name.endswith((".py", ".toml")):
            content = file.read_bytes()
            digest.update(f"{file.name}:{len(content)}:".encode())
            digest.update(content)
    return digest.hexdigest()
