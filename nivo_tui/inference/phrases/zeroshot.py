"""Photos compared with phrases: one vector a photo, one a phrase, and how near they lie.

The method is CLIP's zero-shot classification (Radford et al., 2021, section 3.1). A photo's vector is kept,
so that other phrases need no second look at the photo.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nivo_tui.errors import PackError
from nivo_tui.inference.detections import FloatArray, Pixels
from nivo_tui.inference.packs.graph import read_graph
from nivo_tui.inference.packs.pack import Pack
from nivo_tui.inference.phrases.encoders import ImageEncoder, TextEncoder
from nivo_tui.inference.phrases.phrase import Phrase, PhraseScore, Rule
from nivo_tui.inference.phrases.preprocessor import input_spec
from nivo_tui.inference.phrases.tokens import FILES, read_tokenizer
from nivo_tui.inference.runtime.backend import Backend

LOGIT_SCALE = 100.0
"""What cosines are multiplied with before they become probabilities: CLIP's and MobileCLIP's, as trained."""

_FORMAT = 1  # of the cache files, and of how texts become vectors
_FOLLOWERS = 1 / 3  # how much of its distance to the best of a contest a tag is charged with
_KEPT = 4000  # phrases in a cache file, beyond which those no longer asked for go

_BLANK = np.full((64, 64, 3), 128, np.uint8)  # grey: black may well have no direction

Say = Callable[[str], None]


class TextVectors:
    """The vectors of texts, computed once for each text encoder and kept in `folder` (None: not kept)."""

    def __init__(self, pack: Pack, folder: Path | None) -> None:
        text = pack.file("text_encoder")
        if text is None or pack.path is None:
            raise PackError("it holds no text encoder")
        self._text, self._pack_folder = text, pack.path
        digest = hashlib.sha256(f"{_FORMAT}:{text.sha256}".encode())
        for name in FILES:
            path = pack.path / name
            if path.is_file():
                digest.update(name.encode() + hashlib.sha256(_bytes(path)).digest())
        self.key = digest.hexdigest()
        self._file = None if folder is None else folder / f"{self.key[:32]}.npz"

    def of(self, texts: Sequence[str], backend: Backend, size: int, say: Say) -> FloatArray:
        """The (n, size) vectors of `texts`, of length 1. The text encoder is loaded only for new texts.

        Raises PackError where it is needed and cannot be used.
        """
        stored = self._stored(size)
        names = [_name(text) for text in texts]
        new = {name: text for name, text in zip(names, texts, strict=True) if name not in stored}
        if new:
            say(f"{len(new)} phrases are read by {self._text.path.name}, once")
            vectors = self._read(list(new.values()), backend, size)
            stored.update(zip(new, vectors, strict=True))
            self._keep(stored if len(stored) <= _KEPT else {name: stored[name] for name in names})
        return np.array([stored[name] for name in names], np.float32).reshape(len(texts), size)

    def _read(self, texts: Sequence[str], backend: Backend, size: int) -> FloatArray:
        # Nothing keeps the encoder: its memory is free again before photos are looked at.
        tokenizer = read_tokenizer(self._pack_folder)
        try:
            vectors = TextEncoder(self._text.path, tokenizer, backend, size).encode(texts)
        except (ValueError, IndexError) as error:  # rows that do not fit together
            raise PackError(f"{self._text.path.name} does not give a vector for each text") from error
        if vectors.shape != (len(texts), size):
            raise PackError(f"{self._text.path.name} gives {len(vectors)} vectors for {len(texts)} texts")
        return vectors

    def _stored(self, size: int) -> dict[str, FloatArray]:
        """What the cache file holds; nothing where it is missing, damaged, or of another size."""
        if self._file is None or not self._file.is_file():
            return {}
        try:
            return _stored_in(self._file, size)
        except Exception:  # whatever a damaged zip, header or array ends with: the texts are read again
            return {}

    def _keep(self, stored: dict[str, FloatArray]) -> None:
        """Writes the cache file; one that cannot be written is only slower."""
        if self._file is None:
            return
        draft = self._file.with_name(f"{self._file.name}.{os.getpid()}.new")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                np.savez(file, names=np.array(list(stored), "S"), vectors=np.array(list(stored.values())))
            draft.replace(self._file)
        except OSError:
            draft.unlink(missing_ok=True)


def _stored_in(file: Path, size: int) -> dict[str, FloatArray]:
    with np.load(file, allow_pickle=False) as content:
        names, vectors = content["names"], np.asarray(content["vectors"], np.float32)
    if names.ndim != 1 or names.dtype.kind != "S" or vectors.shape != (len(names), size):
        return {}
    if not np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3):
        return {}
    return {name.decode("ascii", "replace"): vector for name, vector in zip(names, vectors, strict=True)}


@dataclass(frozen=True, slots=True)
class _Contest:
    """The phrases of one contest, by their places in the table.

    `places` are those of the tags, tag by tag; tag i's begin at `starts[i]` and are `counts[i]` many.
    """

    rule: Rule
    tags: tuple[str, ...]
    places: NDArray[np.intp]
    starts: NDArray[np.intp]
    counts: NDArray[np.intp]
    background: NDArray[np.intp]


class PhraseTable:
    """Phrases with their vectors, (n, size) of length 1 each, and the scale that makes cosines odds.

    Phrases without a tag are the background of their contest.
    """

    def __init__(
        self, phrases: Sequence[Phrase], vectors: FloatArray, scale: float = LOGIT_SCALE, key: str = ""
    ) -> None:
        self.phrases = tuple(phrases)
        self.vectors = vectors
        self.scale = scale
        self._key = key
        self.contests = tuple(self._contest(name) for name in dict.fromkeys(p.contest for p in phrases))

    @cached_property
    def signature(self) -> str:
        """Equal only where a photo's vector gets the same scores."""
        return hashlib.sha256(repr((self._key, self.scale, self.phrases)).encode()).hexdigest()[:12]

    def _contest(self, name: str) -> _Contest:
        places: dict[str, list[int]] = {}
        for place, phrase in enumerate(self.phrases):
            if phrase.contest == name:
                places.setdefault(phrase.tag, []).append(place)
        rule = next(phrase.rule for phrase in self.phrases if phrase.contest == name)
        background = np.array(places.pop("", []), np.intp)
        counts = np.array([len(at) for at in places.values()], np.intp)
        together = np.array([place for at in places.values() for place in at], np.intp)
        return _Contest(rule, tuple(places), together, np.cumsum(counts) - counts, counts, background)


def score(vector: bytes, table: PhraseTable) -> tuple[PhraseScore, ...]:
    """How well a photo's stored vector (float16, little-endian) fits each tag, likeliest first.

    A tag's weight in its contest is the mean of exp(scale * cosine) over its phrases, so that more phrases
    are no advantage; each background phrase weighs for itself. Raises PackError for another model's vector.
    """
    photo = (
        np.frombuffer(vector, "<f2").astype(np.float32) if len(vector) % 2 == 0 else np.empty(0, np.float32)
    )
    if photo.shape != table.vectors.shape[1:]:
        raise PackError("the photo was compared by another model: scan it again")
    length = float(np.linalg.norm(photo))
    cosines = table.vectors @ (photo / max(length, 1e-6))
    scores = [made for contest in table.contests for made in _weighed(contest, cosines, table)]
    return tuple(sorted(scores, key=lambda made: (-made.probability, made.tag)))


def _weighed(contest: _Contest, cosines: FloatArray, table: PhraseTable) -> list[PhraseScore]:
    if not contest.tags:
        return []
    logits = cosines.astype(np.float64) * table.scale
    most = logits[contest.places].max()
    sums = np.add.reduceat(np.exp(logits[contest.places] - most), contest.starts)
    weights = np.log(np.maximum(sums / contest.counts, 1e-300)) + most
    odds = weights - _log_sum(logits[contest.background])
    if contest.rule == "several":
        odds -= _FOLLOWERS * (weights.max() - weights)
    probabilities = 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
    if contest.rule == "one":
        probabilities = np.exp(weights - _log_sum(np.append(weights, logits[contest.background])))
    best = _best_places(contest, cosines)
    rivals = _rivals(best, contest, cosines)
    return [
        PhraseScore(
            tag,
            table.phrases[best[at]].text,
            float(cosines[best[at]]),
            float(probabilities[at]),
            table.phrases[rivals[at]].text if rivals[at] >= 0 else "",
            float(cosines[rivals[at]]) if rivals[at] >= 0 else 0.0,
        )
        for at, tag in enumerate(contest.tags)
    ]


def _best_places(contest: _Contest, cosines: FloatArray) -> list[int]:
    """The place of each tag's nearest phrase."""
    owners = np.repeat(np.arange(len(contest.tags)), contest.counts)
    order = np.lexsort((-cosines[contest.places], owners))
    return [int(place) for place in contest.places[order[contest.starts]]]


def _rivals(best: Sequence[int], contest: _Contest, cosines: FloatArray) -> list[int]:
    """For each tag the place of the nearest phrase that speaks for something else; -1 where there is none."""
    others = [int(place) for place in contest.background]
    if contest.rule == "one":
        others += best
    nearest = sorted(others, key=lambda place: -cosines[place])[:2]
    return [next((place for place in nearest if place != own), -1) for own in best]


class ZeroShot:
    """An image-text pack with its phrases. Any number of threads may call it.

    `name` is the pack's. `table` is what `score` weighs a photo's vector by.
    """

    def __init__(self, name: str, images: ImageEncoder, table: PhraseTable) -> None:
        self.name = name
        self.table = table
        self._images = images

    @classmethod
    def load(
        cls,
        pack: Pack,
        phrases: Sequence[Phrase],
        backend: Backend,
        cache: Path | None = None,
        say: Say | None = None,
    ) -> ZeroShot:
        """The picture encoder of `pack`, and the vectors of `phrases`: from `cache` (a folder) where they
        were computed before. `say` gets a line when new ones have to be.

        Raises PackError where the pack cannot be used.
        """
        file = pack.file("image_encoder")
        if file is None or pack.path is None:
            raise PackError("it holds no picture encoder")
        texts = TextVectors(pack, cache)
        spec = input_spec(pack.input, pack.path)
        images = ImageEncoder(backend.load(file.path), spec, _text_sizes(pack))
        if images.encode(_BLANK).shape != (images.size,):
            raise PackError(f"{file.path.name} gives more than one vector for a picture")
        prompts = [phrase.prompt for phrase in phrases]
        vectors = texts.of(prompts, backend, images.size, say or _silent)
        return cls(pack.name, images, PhraseTable(phrases, vectors, logit_scale(pack.path), texts.key))

    def vector(self, rgb: Pixels) -> bytes:
        """What is kept of a photo: `rgb` (h, w, 3) as a vector of length 1, float16, little-endian.

        Raises PackError where the network fails.
        """
        return self._images.encode(rgb).astype("<f2").tobytes()

    def score(self, vector: bytes) -> tuple[PhraseScore, ...]:
        """How well a photo fits each tag, likeliest first."""
        return score(vector, self.table)


def logit_scale(folder: Path) -> float:
    """`logit_scale` of the table [zeroshot] in the pack's pack.toml, else CLIP's.

    Raises PackError where it is no number from 1 to 1000.
    """
    try:
        stated: Any = tomllib.loads((folder / "pack.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return LOGIT_SCALE
    table = stated.get("zeroshot")
    scale = table.get("logit_scale", LOGIT_SCALE) if isinstance(table, dict) else LOGIT_SCALE
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not 1 <= scale <= 1000:
        raise PackError("logit_scale in pack.toml has to be a number from 1 to 1000")
    return float(scale)


def _text_sizes(pack: Pack) -> set[int]:
    """The lengths of vectors that the text encoder's graph declares; it is not needed for more, perhaps."""
    text = pack.file("text_encoder")
    try:
        outputs = () if text is None else read_graph(text.path).outputs
    except PackError:
        return set()
    return {size for output in outputs if len(output.shape) == 2 and (size := output.shape[1]) is not None}


def _log_sum(logits: NDArray[np.float64]) -> float:
    if not len(logits):
        return -np.inf
    most = float(logits.max())
    return most if np.isinf(most) else most + float(np.log(np.exp(logits - most).sum()))


def _name(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:40]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PackError(f"{path.name} cannot be read: {error.strerror or error}") from error


def _silent(_line: str) -> None:
    pass
