"""Names of files in packs and archives: the same file on every system, leading nowhere else, and of use."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence, Set
from typing import TypeVar

_ENDINGS = (".onnx", ".onnx_data", ".data", ".weights", ".toml", ".txt", ".json")
_PAPERS = ("license", "licence", "notice", "copying", "readme")
MODELS_FOLDER = "onnx"
"""Where exports of Hugging Face keep the graphs, beside the tokenizer above."""

_DRIVE = re.compile(r"[A-Za-z]:")
_NOT_IN_WINDOWS = frozenset('<>:"|?*')
_LONGEST = 200
_DEVICES = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
    + [f"{port}{n}" for port in ("COM", "LPT") for n in "0123456789¹²³"]
)


def parts_of(name: str) -> tuple[str, ...]:
    """The folders and the file of a path inside an archive, either slash parting them.

    Raises ValueError, saying why, for a path that leads out of its folder or that some system takes for
    something else: absolute paths, drive letters, "..", control characters, device names, streams.
    """
    path = name.replace("\\", "/")
    if path.startswith("/"):
        raise ValueError("an absolute path")
    if _DRIVE.match(path):
        raise ValueError("a path with a drive letter")
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    for part in parts:
        check_name(part)
    return parts


def check_name(name: str) -> None:
    """Raises ValueError, saying why, for what is no plain name of one file on every system."""
    if name in ("", ".", ".."):
        raise ValueError("a path that leads out of its folder")
    if "/" in name or "\\" in name:
        raise ValueError("a path where a name should be")
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in name):
        raise ValueError("a name with control characters")
    if _NOT_IN_WINDOWS & set(name):
        raise ValueError("a name with characters that Windows does not have")
    if name[-1] in ". " or name[0] == " ":
        raise ValueError("a name that begins or ends with a space or a dot")
    if name.partition(".")[0].rstrip().upper() in _DEVICES:
        raise ValueError("the name of a device of Windows")
    if len(name) > _LONGEST:
        raise ValueError("a name that is too long")


def same_everywhere(name: str) -> str:
    """The key under which two names are one file on a system that does not tell case or composition apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def is_wanted(name: str) -> bool:
    """Whether a file of this name belongs to a model pack: models, their data, tokenizers, papers."""
    lower = name.lower()
    if lower.startswith("."):
        return False
    return lower.endswith(_ENDINGS) or lower.partition(".")[0].partition("-")[0] in _PAPERS


Thing = TypeVar("Thing")
Placed = tuple[tuple[str, ...], Thing]


def arrange(placed: Sequence[Placed[Thing]], named: Set[str] = frozenset()) -> list[tuple[str, Thing]]:
    """What of a tree of files belongs to a pack, each with its name there, in order of the names.

    One folder around everything and a folder "onnx" are left out of the paths, and what lies deeper is not
    taken. With `named`, the models are those of these names, in whatever folder they lie. Raises ValueError
    where two files would have one name.
    """
    kept: dict[str, tuple[str, Thing]] = {}
    for parts, thing in _flattened([each for each in placed if each[0][0] != "__MACOSX"]):
        name = parts[-1]
        if name not in named and (len(parts) > 1 or not is_wanted(name) or (named and _is_model(name))):
            continue
        if kept.setdefault(same_everywhere(name), (name, thing)) != (name, thing):
            raise ValueError(f"two files are named {name!r}")
    return sorted(kept.values(), key=lambda each: each[0])


def _flattened(placed: Sequence[Placed[Thing]]) -> list[Placed[Thing]]:
    tops = {parts[0] for parts, _ in placed}
    if len(tops) == 1 and all(len(parts) > 1 for parts, _ in placed):
        placed = [(parts[1:], thing) for parts, thing in placed]
    return [
        (parts[1:] if parts[0] == MODELS_FOLDER and len(parts) > 1 else parts, thing)
        for parts, thing in placed
    ]


def _is_model(name: str) -> bool:
    return name.lower().endswith(".onnx")
