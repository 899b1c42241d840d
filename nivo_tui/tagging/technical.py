"""How the picture was taken: aperture, shutter, ISO, focal length, flash, camera, lens."""

from __future__ import annotations

import re
import unicodedata

from nivo_tui.model import Capture, Category, Suggestion
from nivo_tui.tagging.evidence import Draft, Evidence
from nivo_tui.tagging.vocabulary import Vocabulary

# Bodies whose sensor is 36 x 24 mm, so that the focal length is the 35 mm one when the file states no other.
_FULL_FRAME = re.compile(
    r"(?:Canon )?EOS(?: (?:5DS?|6D|R[13568]?|RP|Ra)(?: ?(?:R|C|Mark [IVX]+|m\d))*|-1Ds.*|-1D ?X.*)"
    r"|NIKON (?:D3[SX]?|D4S?|D5|D6|D6[01]0|D7[05]0|D780|D8[05]0|D810A?|D800E?|Df|Z ?[5-9](?:_?[23]|II)?|Z ?f)"
    r"|ILCE-(?:1|7|9).*|ILCA-99.*|SLT-A99.*|DSLR-A[89]00|DSC-RX1.*|ILME-FX3"
    r"|LEICA (?:M10|M11|M \(Typ 240\)|M9|SL|Q).*|DC-S[159].*|PENTAX K-1.*",
    re.IGNORECASE,
)

# (upper end in mm of 35 mm equivalent, tag): the bands lens makers use.
_FOCAL_BANDS = (
    (20.0, "ultra_wide"),
    (36.0, "wide_angle"),
    (65.0, "normal_lens"),
    (135.0, "short_telephoto"),
    (300.0, "telephoto"),
)


def suggest(evidence: Evidence, vocabulary: Vocabulary) -> tuple[Suggestion, ...]:
    """Facts from the file's Exif; each only where the file states a value that can be."""
    draft = Draft(vocabulary, Category.TECHNICAL)
    capture = evidence.metadata.capture
    _aperture(draft, capture.aperture)
    _shutter(draft, capture.exposure_s)
    _iso(draft, capture.iso)
    _focal(draft, capture)
    if capture.flash_fired is not None:
        fired = capture.flash_fired
        draft.add(
            "flash" if fired else "no_flash", 1.0, f"flash {'fired' if fired else 'did not fire'}", "exif"
        )
    for kind, name in (("camera", capture.camera), ("lens", capture.lens)):
        slug = slugged(name or "")
        if name and slug:
            draft.add(f"{kind}_{slug}", 1.0, f"{kind} {_clean(name)}", "exif", label=_clean(name))
    return draft.suggestions


def slugged(name: str) -> str:
    """A name as the end of a tag id: lower-case ASCII letters and digits joined by single underscores."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:60].rstrip("_")


def equivalent_focal(capture: Capture) -> float | None:
    """Focal length in 35 mm terms: as the file states it, or of a full-frame body; None where unknown."""
    if capture.focal_35mm and 3 <= capture.focal_35mm <= 3000:
        return capture.focal_35mm
    if capture.focal_mm and capture.model is not None and _FULL_FRAME.fullmatch(capture.model):
        return capture.focal_mm
    return None


def _aperture(draft: Draft, aperture: float | None) -> None:
    if aperture is None or not 0.5 <= aperture <= 100:
        return
    number = f"{aperture:.1f}".removesuffix(".0")
    why = f"aperture f/{number}"
    draft.add("f_" + number.replace(".", "_"), 1.0, why, "exif", label=f"f/{number}")
    band = "wide_aperture" if aperture <= 2.8 else "medium_aperture" if aperture < 8 else "narrow_aperture"
    draft.add(band, 1.0, why, "exif")


def _shutter(draft: Draft, seconds: float | None) -> None:
    if seconds is None or not 1e-6 < seconds < 1e5:
        return
    why = f"exposed for {_duration(seconds)}"
    if seconds >= 0.5:
        draft.add("long_exposure", min(1.0, 0.75 + seconds / 8), why, "exif")
    elif seconds > 1 / 30:
        draft.add("slow_shutter", 1.0, why, "exif")
    elif seconds <= 1 / 990:
        draft.add("fast_shutter", 1.0, why, "exif")


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s".replace(".0 ", " ") if seconds >= 0.4 else f"1/{1 / seconds:.0f} s"


def _iso(draft: Draft, iso: int | None) -> None:
    if iso is None or not 1 <= iso <= 10_000_000:
        return
    draft.add(f"iso_{iso}", 1.0, f"ISO {iso}", "exif")
    draft.add(
        "low_iso" if iso <= 200 else "medium_iso" if iso < 1600 else "high_iso", 1.0, f"ISO {iso}", "exif"
    )


def _focal(draft: Draft, capture: Capture) -> None:
    focal = equivalent_focal(capture)
    if focal is None:
        return
    band = next((tag for end, tag in _FOCAL_BANDS if focal < end), "super_telephoto")
    own = f"{capture.focal_mm:.3g} mm, " if capture.focal_mm and capture.focal_mm != focal else ""
    draft.add(band, 1.0, f"{own}{focal:.0f} mm in 35 mm terms", "exif")


def _clean(name: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:80]
