"""What a command prints: JSON lines or words on stdout, progress and messages on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from nivo_tui.errors import NivoError
from nivo_tui.text import duration, plain, size_words

_BAR_CELLS = 24


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")


class Output:
    """Prints for one command. With `as_json` nothing but JSON lines reaches stdout."""

    def __init__(self, *, as_json: bool, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.as_json = as_json
        # Python has no stream at all where the shell closed one (`>&-`).
        self._out = out or sys.stdout or _nowhere()
        self._err = err or sys.stderr or _nowhere()
        self.in_bytes = False  # whether progress counts bytes
        self._bar = ""
        self._live = self._err.isatty() and os.environ.get("TERM") != "dumb"

    def line(self, kind: str, data: Mapping[str, Any], *words: str) -> None:
        """One result: the JSON line of this type, or its lines of words where no JSON is wanted."""
        if self.as_json:
            self._print(json.dumps({"type": kind, **data}, default=_to_plain))
        else:
            self.say(*words)

    def summary(self, data: Mapping[str, Any]) -> None:
        """The last JSON line of a command that has nothing to sum up for a person."""
        if self.as_json:
            self.line("summary", data)

    def text(self, text: str) -> None:
        """A whole document, on stdout."""
        self._print(text.removesuffix("\n"))

    def say(self, *words: str) -> None:
        """Lines for a person, on stdout; nothing with JSON."""
        if not self.as_json:
            for line in words:
                self._print(plain(line))

    def _print(self, text: str) -> None:
        self._clear_bar()
        try:
            self._out.write(text + "\n")
            self._out.flush()
        except UnicodeEncodeError:
            encoding = self._out.encoding or "ascii"
            self._out.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        except BrokenPipeError:
            raise
        except OSError as error:
            raise NivoError(f"what was found cannot be printed: {error.strerror or error}") from error

    def message(self, words: str) -> None:
        """A line for a person, on stderr."""
        self._clear_bar()
        encoding = self._err.encoding or "ascii"
        self._err.write(plain(words).encode(encoding, "backslashreplace").decode(encoding) + "\n")
        self._err.flush()

    def progress(
        self, stage: str, done: int, total: int | None, rate: float | None, left_s: float | None
    ) -> None:
        """Show how far a job is: one line that is written over, on a terminal alone."""
        if not self._live:
            return
        if total:
            filled = _BAR_CELLS * done // total
            bar = "#" * filled + "." * (_BAR_CELLS - filled)
            text = f"{stage:8} [{bar}] {self._amount(done)}/{self._amount(total)}"
        else:
            text = f"{stage:8} {self._amount(done)}"
        if rate:
            text += f"  {size_words(rate) if self.in_bytes else f'{rate:.1f}'}/s"
        if left_s is not None and done != total:
            text += f"  {duration(left_s)} left"
        self._err.write("\r\x1b[2K" + text)
        self._err.flush()
        self._bar = text

    def _amount(self, count: int) -> str:
        return size_words(count) if self.in_bytes else str(count)

    def _clear_bar(self) -> None:
        if self._bar:
            self._err.write("\r\x1b[2K")
            self._err.flush()
            self._bar = ""

    def close(self) -> None:
        """Leave the terminal on a fresh line."""
        self._clear_bar()


def _to_plain(value: object) -> object:
    if isinstance(value, frozenset | set | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not plain data")
