"""The job that looks after model packs: list, fetch, import, verify, remove."""

from __future__ import annotations

import difflib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from nivo_tui.catalog.paths import absolute
from nivo_tui.engine.context import JobContext
from nivo_tui.engine.protocol import Answer
from nivo_tui.errors import NivoError, PackError, UsageError
from nivo_tui.inference.fetch.fetching import size_of
from nivo_tui.inference.fetch.importing import Source, sources_at
from nivo_tui.inference.fetch.licences import licence_news
from nivo_tui.inference.fetch.pins import verify
from nivo_tui.inference.fetch.store import ModelStore
from nivo_tui.inference.fetch.transfer import StoppedError, Watch
from nivo_tui.inference.packs.finding import builtin_pack, find_packs, pack_folders
from nivo_tui.inference.packs.pack import Pack
from nivo_tui.inference.packs.registry import Registered, load_registry

NOT_INSTALLED = "not installed"
_ACTIONS = ("list", "fetch", "import", "verify", "remove")
_Line = dict[str, Any]


def models(context: JobContext, options: dict[str, Any]) -> dict[str, Any]:
    """Do what `action` says with the packs of `names`, or with those at `paths`.

    Answers are `{"pack": the JSON line, "bytes", "note"}`. Raises UsageError for a name that is not known,
    before anything is done. One pack that fails gets a line that says why; the others go on.
    """
    action = str(options.get("action"))
    if action not in _ACTIONS:
        raise UsageError(f"models can be {', '.join(_ACTIONS)}, not {action!r}")
    names = list(dict.fromkeys(str(name) for name in options.get("names") or []))
    job = _Models(context)
    try:
        if action == "list":
            job.list_all()
        elif action == "fetch":
            job.fetch(names)
        elif action == "import":
            job.import_from([Path(absolute(str(path))) for path in options.get("paths") or []])
        elif action == "verify":
            job.verify(names)
        else:
            job.remove(names)
    except StoppedError:
        pass  # the engine says that the job was cancelled
    return job.summary


class _Models:
    """The packs that are here and those that could be, and what a person wants with them."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._home = context.paths.models
        self._counts: Counter[str] = Counter()
        self._packs: dict[str, Pack] = {}
        self._registry: Mapping[str, Registered] = {}

    def _look(self) -> None:
        """Find the packs that are here."""
        builtin = builtin_pack()
        found = find_packs(pack_folders(self._home), self._context.paths.home / "packs.json")
        self._packs = {pack.name: pack for pack in (*found, *([builtin] if builtin else []))}

    @property
    def summary(self) -> dict[str, Any]:
        return {"packs": self._counts.total(), **self._counts}

    def _count(self, *words: str) -> None:
        self._counts.update(dict.fromkeys(words, 0))

    def list_all(self) -> None:
        """A line for each pack that is here, working or broken, and for each that could be fetched."""
        self._count("installed", "broken", "available")
        self._look()
        try:
            registry = load_registry(self._home)
        except PackError:
            registry = load_registry(None)  # the broken file is in the list itself
        for pack in self._packs.values():
            self._tell(pack, "broken" if pack.broken else "installed")
        here = {pack.registered for pack in self._packs.values()} | set(self._packs)
        for entry in registry.values():
            if entry.name not in here:
                self._say(_registered(entry, NOT_INSTALLED), "available", size_of(entry))

    def fetch(self, names: list[str]) -> None:
        """Download packs, one after the other. One that is here and whole is left as it is."""
        self._count("fetched", "present", "failed")
        store = self._ready()
        self._check_known(names, [*self._registry, *(n for n, p in self._packs.items() if _is_builtin(p))])
        for name in names:
            entry = self._registry.get(name)
            if entry is None:
                self._tell(self._packs[name], "present", f"{name} is built in")
            else:
                self._each(_registered(entry, ""), partial(self._fetch, store, entry))

    def _fetch(self, store: ModelStore, entry: Registered) -> None:
        here = self._packs.get(entry.name) or self._of_entry(entry)
        if here is not None and here.broken is None:
            checked = verify(here, self._registry, self._watch(f"verify {entry.name}"))
            if not checked.faults:
                self._tell(checked.pack, "present", f"{entry.name} is here already, in {here.path}")
                return
        self._say_licence(entry)
        self._tell(store.fetch(entry, self._watch(f"fetch {entry.name}")), "fetched")

    def _of_entry(self, entry: Registered) -> Pack | None:
        return next((pack for pack in self._packs.values() if pack.registered == entry.name), None)

    def import_from(self, paths: Iterable[Path]) -> None:
        """Copy packs into the home. What is given is only read."""
        self._count("imported", "failed")
        store = self._ready()
        for path in paths:
            given = {"name": path.name, "task": None, "path": str(path), "licence": None}
            self._each(given, partial(self._import_all, store, path))

    def _import_all(self, store: ModelStore, path: Path) -> None:
        if self._home in (path, *path.parents):
            raise PackError(f"{path} lies in the home's models already: there is nothing to import")
        for source in sources_at(path):
            given = {"name": source.name, "task": None, "path": str(path), "licence": None}
            self._each(given, partial(self._import, store, source))

    def _import(self, store: ModelStore, source: Source) -> None:
        pack = store.import_pack(source, self._watch(f"import {source.name}"))
        entry = self._registry.get(pack.registered or "")
        if entry is not None:
            self._say_licence(entry)
        note = f"{pack.name} takes the place of the one that was there" if pack.name in self._packs else None
        self._tell(pack, "imported", note)

    def verify(self, names: list[str]) -> None:
        """Read every file of the packs again; all that are here where none is named."""
        self._count("good", "bad")
        self._look()
        self._registry = load_registry(self._home)
        self._check_known(names, [*self._registry, *self._packs])
        for name in names or [n for n, pack in self._packs.items() if not _is_builtin(pack)]:
            pack = self._packs.get(name)
            if pack is None:
                self._say(_registered(self._registry[name], NOT_INSTALLED), "bad")
            else:
                self._each(_line(pack), partial(self._verify, pack), failed="bad")

    def _verify(self, pack: Pack) -> None:
        checked = verify(pack, self._registry, self._watch(f"verify {pack.name}"))
        for fault in checked.faults:
            self._context.emitter.log("models", f"{pack.name}: {fault}", "error")
        self._tell(checked.pack, "bad" if checked.faults else "good")

    def remove(self, names: list[str]) -> None:
        """Delete packs of the home."""
        self._count("removed", "failed")
        store = self._ready()
        self._check_known(names, [*self._registry, *self._packs])
        for name in names:
            pack = self._packs.get(name)
            given = _registered(self._registry[name], "") if pack is None else _line(pack)
            self._each(given, partial(self._remove, store, name, pack))

    def _remove(self, store: ModelStore, name: str, pack: Pack | None) -> None:
        if pack is not None:
            store.remove(pack)
            self._say({**_line(pack), "path": None, "status": "removed"}, "removed")
        elif store.forget(name):
            entry = self._registry[name]
            self._say(_registered(entry, "removed"), "removed", note="what was downloaded of it is deleted")
        else:
            raise PackError("it is not installed")

    def _ready(self) -> ModelStore:
        """The store, tidied, and then looked through: a killed run may have left a pack put aside.

        Raises PackError where the home's registry is wrong.
        """
        self._registry = load_registry(self._home)
        store = ModelStore(self._home, self._registry)
        store.tidy()
        self._look()
        return store

    def _check_known(self, names: Iterable[str], known: Iterable[str]) -> None:
        known = sorted(set(known))
        for name in names:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"there is: {', '.join(known)}"
                raise UsageError(f"no model pack is called {name!r}; {hint}")

    def _watch(self, stage: str) -> Watch:
        self._context.restart_clock()

        def progress(done: int, total: int | None) -> None:
            self._context.progress(stage, done, total)

        return Watch(progress, self._context.cancelled)

    def _each(self, given: _Line, act: Callable[[], None], failed: str = "failed") -> None:
        """Do something with one pack; an error is its own line and ends nothing else."""
        if self._context.cancelled():
            raise StoppedError("stopped")
        try:
            act()
        except PackError as error:
            self._say({**given, "status": f"failed: {error}"}, failed)
        except NivoError:
            raise
        except Exception as error:
            logging.exception("models: %s", given["name"])
            words = f"failed: internal error ({type(error).__name__}: {error})"
            self._say({**given, "status": words}, failed)

    def _say_licence(self, entry: Registered) -> None:
        news = licence_news(self._home, entry)
        if news is not None:
            self._context.emitter.log("licence", news)

    def _tell(self, pack: Pack, counted: str, note: str | None = None) -> None:
        self._say(_line(pack), counted, note=note)

    def _say(self, line: _Line, counted: str, size: int | None = None, note: str | None = None) -> None:
        self._counts[counted] += 1
        self._context.emitter.send(Answer(self._context.job, {"pack": line, "bytes": size, "note": note}))


def _is_builtin(pack: Pack) -> bool:
    return pack.status == "built in"


def _line(pack: Pack) -> _Line:
    path = None if pack.path is None else str(pack.path)
    return {
        "name": pack.name,
        "task": pack.task,
        "path": path,
        "status": pack.status,
        "licence": pack.licence,
    }


def _registered(entry: Registered, status: str) -> _Line:
    return {
        "name": entry.name,
        "task": entry.task,
        "path": None,
        "status": status,
        "licence": entry.licence,
    }
