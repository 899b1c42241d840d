"""Model files that are known by their SHA-256, and what belongs to them."""

from __future__ import annotations

from collections.abc import Mapping

INSIGHTFACE_LICENCE = "InsightFace model licence: non-commercial research use only"

_DET_500M = "5e4447f50245bbd7966bd6c0fa52938c61474a04ec7def48753668a9d8b4ea3a"
_DET_2_5G = "041f73f47371333d1d17a6fee6c8ab4e6aecabefe398ff32cca4e2d5eaee0af9"
_DET_10G = "5838f7fe053675b1c7a08b633df49e7af5495cee0493c7dcf6697200b85b5b91"
_W600K_MBF = "9cc6e4a75f0e2bf0b1aed94578f144d15175f357bdc05e815e5c4a02b319eb4f"
_W600K_R50 = "4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43"
_GLINTR100 = "4ab1d6435d639628a6f3e5008dd4f929edf4c4124b1a7169e1048f9fef534cdf"

# Detector and recogniser of the packs of the InsightFace model zoo (release v0.7), best first.
PACKS: Mapping[str, frozenset[str]] = {
    "antelopev2": frozenset({_DET_10G, _GLINTR100}),
    "buffalo_l": frozenset({_DET_10G, _W600K_R50}),
    "buffalo_m": frozenset({_DET_2_5G, _W600K_R50}),
    "buffalo_s": frozenset({_DET_500M, _W600K_MBF}),
    "buffalo_sc": frozenset({_DET_500M, _W600K_MBF}),
}

# Cuts that were measured for one file alone, by its SHA-256; for all others the kind's defaults hold.
_EDGEFACE_XS = "3b0de09840f5673a02e486e3aa06f49212c21f63443b5204fade45392b4071db"
THRESHOLDS: Mapping[str, Mapping[str, float]] = {
    # Average linkage told labelled portraits apart without an error at every cut from 0.65 to 0.80.
    _EDGEFACE_XS: {"same_person": 0.7},
}

# What holds for a kind of graph: `detect` is a score, `same_person` a cosine distance (1 - cosine).
DEFAULTS: Mapping[str, Mapping[str, float]] = {
    "scrfd": {"detect": 0.5},
    "yunet": {"detect": 0.6},
    "recogniser": {"same_person": 0.6},
    "yolox": {"detect": 0.3},
    "classifier": {},
}
