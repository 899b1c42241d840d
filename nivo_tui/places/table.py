"""The table of places in `places.bin`: its format, and how it is read.

Made by `tools/make_places.py`. All numbers are little-endian.

    magic      8 bytes   b"NIVOPLAC"
    version    uint16    FORMAT
    credit     uint16 length, then UTF-8: whose data this is, and under which licence
    sections   uint8 how many, then of each: 8 bytes name (ASCII, padded with spaces), uint32 length as
               stored, uint32 length as it was; their zlib streams (RFC 1950) follow in the same order

Arrays of 16 and 32 bits are stored in planes: all lowest bytes, then all next ones. Sections:

    areas      JSON: {"countries": [[ISO 3166-1 alpha-2, name], ...], "regions": [[country, name], ...]};
               a region's country is a number in that list, its name "" where a country has no regions
    rows       uint16 each: how many towns lie in each of ROWS rows of 1/20 degree, from the south
    lons       int32: longitude in 1/10,000 degree, as differences from town to town; rows run west to east
    lats       uint16: latitude above the row's southern edge, in 1/10,000 degree
    people     uint8: round(POPULATION_STEPS * ln(1 + population))
    regions    uint16: the region; PART is set where the town is a part of a larger city nearby
    names      UTF-8 lines, without a last line feed
    other      UTF-8 lines: number of a town, tab, its other names with tabs between
    cells      uint8 for each of 720 x 1440 cells of a quarter degree, from the south and the west: the
               number of the country that holds all of it, NOBODY, or MIXED where a border passes
    borders    uint32 how many polygons, the first that holds a point counts; of each uint8 country, uint16
               rings, and of each ring uint32 points; then int32 longitudes and latitudes in 1/100,000 degree
"""

from __future__ import annotations

import json
import math
import struct
import sys
import zlib
from array import array
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from itertools import accumulate

from nivo_tui.errors import NivoError

MAGIC = b"NIVOPLAC"
FORMAT = 1
ROWS, ROWS_A_DEGREE = 3600, 20
LAT_STEPS = 10_000
BORDER_STEPS = 100_000
POPULATION_STEPS = 14
PART = 0x8000
CELL_ROWS, CELL_COLUMNS, CELLS_A_DEGREE = 720, 1440, 4
NOBODY, MIXED = 255, 254


class PlacesError(NivoError):
    """The table of places is not there, or not what this version reads."""


@dataclass(frozen=True, slots=True)
class Country:
    """A country or territory: its ISO 3166-1 alpha-2 code, and its English name by GeoNames."""

    code: str
    name: str


class Table:
    """A table of places. What few ask for is unpacked when it is asked for.

    Raises PlacesError where the bytes are no such table.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._sections = _sections(data)
            areas = json.loads(self._unpacked("areas"))
            self.countries = [Country(code, name) for code, name in areas["countries"]]
            self.regions: list[tuple[int, str]] = [(country, name) for country, name in areas["regions"]]
            rows = unplaned(self._unpacked("rows"), "H")
            self.starts = array("I", accumulate(rows, initial=0))
            self.lons = array("i", accumulate(unplaned(self._unpacked("lons"), "i")))
            self.lats = unplaned(self._unpacked("lats"), "H")
            self.people = self._unpacked("people")
            self.region_of = unplaned(self._unpacked("regions"), "H")
        except (struct.error, zlib.error, KeyError, ValueError, TypeError) as error:
            raise PlacesError(
                f"the table of places cannot be read: {error}; install nivo-tui anew"
            ) from error

    def __len__(self) -> int:
        return len(self.lons)

    def name(self, town: int) -> str:
        """The name of a town by its number, as GeoNames writes it."""
        lengths = self._lengths
        return self._names[lengths[town] + town : lengths[town + 1] + town].decode()

    def population(self, town: int) -> int:
        """About how many live there, within 4 %."""
        return _POPULATIONS[self.people[town]]

    @cached_property
    def cells(self) -> bytes:
        return self._unpacked("cells")

    @cached_property
    def borders(self) -> bytes:
        return self._unpacked("borders")

    @property
    def names(self) -> str:
        """All names, one a line, in the order of the towns."""
        return self._names.decode()

    @cached_property
    def other_names(self) -> str:
        """Lines: the number of a town, and with tabs its other names."""
        return self._unpacked("other").decode()

    @cached_property
    def _names(self) -> bytes:
        return self._unpacked("names")

    @cached_property
    def _lengths(self) -> array[int]:
        """How many bytes all names before each have, and at last all together."""
        return array("I", accumulate(map(len, self._names.split(b"\n")), initial=0))

    def _unpacked(self, name: str) -> bytes:
        return zlib.decompress(self._sections.pop(name))


_POPULATIONS = [round(math.exp(code / POPULATION_STEPS)) - 1 for code in range(256)]


@lru_cache(maxsize=1)
def packaged() -> Table:
    """The table that comes with the package."""
    try:
        return Table(files("nivo_tui.places").joinpath("places.bin").read_bytes())
    except OSError as error:
        raise PlacesError(f"the table of places is missing: {error}; install nivo-tui anew") from error


def _sections(data: bytes) -> dict[str, bytes]:
    if data[: len(MAGIC)] != MAGIC:
        raise ValueError("it does not begin as one")
    at = len(MAGIC)
    version, credit = struct.unpack_from("<HH", data, at)
    if version != FORMAT:
        raise ValueError(f"its format is {version}, not {FORMAT}")
    at += 4 + credit
    (count,) = struct.unpack_from("<B", data, at)
    at += 1
    heads = [struct.unpack_from("<8sII", data, at + 16 * i) for i in range(count)]
    at += 16 * count
    sections = {}
    for name, stored, _ in heads:
        sections[name.decode("ascii").rstrip()] = data[at : at + stored]
        at += stored
    return sections


def planed(values: array[int]) -> bytes:
    """The bytes of an array in planes, lowest bytes first."""
    if sys.byteorder == "big":
        values = array(values.typecode, values)
        values.byteswap()
    raw = values.tobytes()
    return b"".join(raw[i :: values.itemsize] for i in range(values.itemsize))


def unplaned(data: bytes, typecode: str) -> array[int]:
    """The array that `planed` stored. Raises ValueError where the length does not fit."""
    values = array(typecode)
    size = values.itemsize
    count, rest = divmod(len(data), size)
    if rest:
        raise ValueError("an array ends within a number")
    raw = bytearray(len(data))
    for i in range(size):
        raw[i::size] = data[i * count : (i + 1) * count]
    values.frombytes(raw)
    if sys.byteorder == "big":
        values.byteswap()
    return values
