"""The packs in a home's models folder: coming in whole or not at all, and going again.

Everything is made ready in the hidden folder `.incoming` and then renamed into its place, so that whoever
looks meanwhile, or after a crash, finds the new pack whole, the old one, or none.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from nivo_tui.errors import PackError
from nivo_tui.inference.fetch.download import download
from nivo_tui.inference.fetch.fetching import Get, gather, lay_out
from nivo_tui.inference.fetch.importing import Source
from nivo_tui.inference.fetch.names import check_name
from nivo_tui.inference.fetch.pins import hashes_in, pins_of, sheet_of, stated_in, write_sheet
from nivo_tui.inference.fetch.transfer import TransferError, Watch, disk_trouble
from nivo_tui.inference.packs.facts import Facts
from nivo_tui.inference.packs.finding import pack_at
from nivo_tui.inference.packs.pack import Pack
from nivo_tui.inference.packs.places import is_model
from nivo_tui.inference.packs.registry import Registered
from nivo_tui.platform.files import fsync_folder, replace

WORK = ".incoming"


class ModelStore:
    """The models folder of a home. Raises PackError, with nothing changed, where a pack cannot come or go."""

    def __init__(self, folder: Path, registry: Mapping[str, Registered], *, get: Get = download) -> None:
        self._folder = folder
        self._registry = registry
        self._get = get
        self._work = folder / WORK
        self._old = self._work / "old"
        self._gone = self._work / "gone"
        self._building = self._work / "build"

    def tidy(self) -> None:
        """Clear up what a killed run left. A pack that was only put aside for a new one is put back."""
        with suppress(OSError):
            for path in self._old.iterdir():
                if not os.path.lexists(self._folder / path.name):
                    replace(path, self._folder / path.name)
        for path in (self._old, self._gone, self._building):
            shutil.rmtree(path, ignore_errors=True)

    def fetch(self, entry: Registered, watch: Watch) -> Pack:
        """Download a registered pack and put it into its place. What has come is kept where it is stopped."""
        downloads = self._downloads(entry.name)
        build = self._building / entry.name
        try:
            downloads.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self._building, ignore_errors=True)
            gather(entry, downloads, watch, self._get)
            pack = self._take_in(entry, downloads, build, watch)
        except TransferError:
            raise  # what has come is good and serves the next time; what is no good is gone already
        except PackError:
            shutil.rmtree(downloads, ignore_errors=True)
            raise
        except OSError as error:
            raise disk_trouble(error, build) from error
        finally:
            shutil.rmtree(self._building, ignore_errors=True)
        shutil.rmtree(downloads, ignore_errors=True)
        return pack

    def _take_in(self, entry: Registered, downloads: Path, build: Path, watch: Watch) -> Pack:
        """Check what was downloaded, and put it into its place."""
        lay_out(entry, downloads, build, watch)
        hashes = hashes_in(build, watch)
        self._check_published(entry, hashes)
        self._check_models(build, entry)
        stated = stated_in(build)
        stated |= {"name": entry.name, "task": entry.task, "licence": entry.licence}
        stated |= {"source": entry.url or entry.files[0].url or "", "sha256": hashes}
        return self._install(entry.name, build, stated)

    def import_pack(self, source: Source, watch: Watch) -> Pack:
        """Copy a pack from elsewhere into its place. Published files get their published name."""
        self._check_name(source.name)
        build = self._building / source.name
        try:
            shutil.rmtree(self._building, ignore_errors=True)
            source.gather(build, watch)
            hashes = hashes_in(build, watch)
            self._check_carried(build, hashes)
            pack = self._check_models(build, None)
            name = pack.registered if pack.status == "published" and pack.registered else pack.name
            self._check_name(name)
            self._check_task(pack, self._registry.get(name))
            stated = stated_in(build)
            stated |= {"name": name, "task": pack.task, "sha256": hashes}
            if pack.licence:
                stated["licence"] = pack.licence
            return self._install(name, build, stated)
        except OSError as error:
            raise disk_trouble(error, build) from error
        finally:
            shutil.rmtree(self._building, ignore_errors=True)

    def remove(self, pack: Pack) -> None:
        """Delete an installed pack, and what was downloaded of it. Nothing outside the home is touched."""
        path = pack.path
        if pack.status == "built in" or path is None:
            raise PackError(
                f"{pack.name} is built in and cannot be removed; `scan --models none` does without"
            )
        if self._folder not in (path, path.parent):
            raise PackError(f"{pack.name} lies in {path}, not in the home's models: delete it there yourself")
        try:
            if path == self._folder:
                self._remove_files([file.path for file in pack.files])
            elif path.is_dir() and not path.is_symlink():
                self._gone.mkdir(parents=True, exist_ok=True)
                replace(path, self._gone / path.name)
            else:
                self._remove_files([path, *([] if path.is_dir() else [sheet_of(path)])])
            fsync_folder(self._folder)
        except OSError as error:
            raise disk_trouble(error, path) from error
        shutil.rmtree(self._gone, ignore_errors=True)
        self.forget(pack.name)

    def forget(self, name: str) -> bool:
        """Delete what was downloaded of a pack that is not there yet; False where nothing was."""
        there = self._downloads(name).is_dir()
        shutil.rmtree(self._downloads(name), ignore_errors=True)
        return there

    def _remove_files(self, paths: list[Path]) -> None:
        if not paths:
            raise PackError(f"{self._folder} itself is no pack: delete what is wrong in it yourself")
        for path in paths:
            path.unlink(missing_ok=True)

    def _downloads(self, name: str) -> Path:
        return self._work / "downloads" / name

    def _check_name(self, name: str) -> None:
        try:
            check_name(name)
            if name.startswith(".") or "," in name:
                raise ValueError("a name that begins with a dot or holds a comma")
        except ValueError as error:
            raise PackError(f"a pack cannot be called {name!r} ({error}): rename the file") from error

    def _check_published(self, entry: Registered, hashes: Mapping[str, str]) -> None:
        """Hold the files against the registry, and where it knows no hash, against those that came first."""
        first = pins_of(self._folder / entry.name)
        for file in entry.files:
            digest = hashes.get(file.name)
            if digest is None:
                raise PackError(f"{entry.url} holds no {file.name}: it is not the pack {entry.name}")
            if file.sha256 is not None and digest != file.sha256:
                raise PackError(
                    f"{file.name} is not the published file (SHA-256 {digest[:16]}, not {file.sha256[:16]})"
                )
            if file.sha256 is None and first.get(file.name, digest) != digest:
                raise PackError(
                    f"{file.name} is not the file that was downloaded first (SHA-256 {digest[:16]}, pinned "
                    f"{first[file.name][:16]}): if that is meant, `nivo-tui models remove {entry.name}` first"
                )

    def _check_carried(self, build: Path, hashes: Mapping[str, str]) -> None:
        """Hold the files against the hashes that their own pack.toml brings along."""
        for name, digest in pins_of(build).items():
            if hashes.get(name) != digest:
                what = (
                    "is missing"
                    if name not in hashes
                    else "is damaged: it is not the file its pack.toml pins"
                )
                raise PackError(f"{name} {what}")

    def _check_models(self, build: Path, entry: Registered | None) -> Pack:
        """Read every graph; raises PackError for one that is cut short or is for something else."""
        facts = Facts(None)
        kinds = {path.name: facts.of(path).kind for path in sorted(build.glob("*")) if is_model(path)}
        for file in entry.files if entry else ():
            found = kinds.get(file.name)
            if file.kind is not None and found != file.kind:
                what = f"a model of the kind {found}" if found else "a model that is not known here"
                raise PackError(f"{file.name} is {what}, where {build.name} has one of the kind {file.kind}")
        pack = pack_at(build, self._registry)
        if pack.broken is not None:
            raise PackError(pack.broken)
        self._check_task(pack, entry)
        return pack

    def _check_task(self, pack: Pack, entry: Registered | None) -> None:
        if entry is not None and pack.task != entry.task and (pack.task, entry.task) != ("face", "detect"):
            raise PackError(
                f"these are models for {pack.task}, where {entry.name} has models for {entry.task}"
            )

    def _install(self, name: str, build: Path, stated: Mapping[str, Any]) -> Pack:
        """Put a folder into its place; one that stands there goes only when the new one stands."""
        write_sheet(build, stated)
        fsync_folder(build)
        target, aside = self._folder / name, self._old / name
        if os.path.lexists(target):
            self._old.mkdir(parents=True, exist_ok=True)
            replace(target, aside)
        try:
            replace(build, target)
        except OSError:
            if os.path.lexists(aside):
                replace(aside, target)
            raise
        fsync_folder(self._folder)
        _delete(aside)
        return pack_at(target, self._registry)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
