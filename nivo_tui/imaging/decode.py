"""A photo file becomes a picture: the decoder its content asks for first, then every other."""

from __future__ import annotations

from collections.abc import Callable

from nivo_tui.errors import DecodeError, TooLargeError
from nivo_tui.imaging.budget import DEFAULT_BUDGET, PixelBudget
from nivo_tui.imaging.declared import declared_size
from nivo_tui.imaging.formats import sniff
from nivo_tui.imaging.source import PhotoSource
from nivo_tui.imaging.working import NoThumbnailError, Purpose, WorkingImage
from nivo_tui.model import Format

__all__ = ["NoThumbnailError", "Purpose", "WorkingImage", "decode", "oriented_by_decoder"]

_Decoder = Callable[[PhotoSource, int, Purpose, PixelBudget], WorkingImage]


def decode(
    source: PhotoSource,
    fmt: Format,
    orientation: int,
    purpose: Purpose,
    budget: PixelBudget | None = None,
) -> WorkingImage:
    """Decode a photo for a purpose; see `Purpose` for the sizes and `WorkingImage` for what comes back.

    `orientation` is the file's Exif orientation, 1-8: pass it always. It is applied once, or left aside
    where the decoder turns the picture by the container's own word (`oriented_by_decoder`). `fmt` is what
    the file is taken for; content that says otherwise is believed. `budget` is shared by the threads that
    decode (by default one for the process): the call blocks until enough of it is free.

    Raises DecodeError with one line where no decoder makes a picture of it; TooLargeError above the
    budget's largest picture; NoThumbnailError for `Purpose.THUMBNAIL` without one; UnreadableError.
    Safe to call from several threads, with a source each.
    """
    shared = budget or DEFAULT_BUDGET
    content = sniff(source.head, source.path.name) or fmt
    if purpose is Purpose.THUMBNAIL:
        return _decoders(content)[0](source, orientation, purpose, shared)
    first_error: DecodeError | None = None
    for decoder in _decoders(content):
        try:
            return decoder(source, orientation, purpose, shared)
        except TooLargeError:
            raise
        except DecodeError as error:
            first_error = first_error or error
        except MemoryError as error:
            raise TooLargeError("the picture does not fit in memory") from error
    size = declared_size(source, content)
    if size is not None and 0 in size:
        raise DecodeError(
            f"the file says its picture has {size[0]} x {size[1]} pixels: there is nothing in it"
        )
    raise first_error or DecodeError("no decoder knows this file")


def oriented_by_decoder(fmt: Format) -> bool:
    """Whether `decode` turns this format upright by the container's own word, whatever orientation is given.

    HEIC and AVIF carry `irot` and `imir`, which count instead of Exif's; LibRaw knows each camera's flip.
    Whoever relates positions in Exif's stored picture to the decoded one has to know; a caller of `decode`
    need not.
    """
    return fmt in (Format.HEIC, Format.AVIF) or fmt.is_raw


def _decoders(content: Format) -> tuple[_Decoder, ...]:
    if content is Format.JPEG:
        return _jpeg, _generic, _heif, _raw
    if content is Format.HEIC:
        return _heif, _generic, _raw
    if content.is_raw:
        return _raw, _stand_in, _jpeg, _heif
    if content is Format.WEBP:
        return _webp, _generic
    return _generic, _raw, _jpeg, _heif


def _jpeg(source: PhotoSource, orientation: int, purpose: Purpose, budget: PixelBudget) -> WorkingImage:
    from nivo_tui.imaging.jpeg import decode_jpeg

    return decode_jpeg(source, orientation, purpose, budget)


def _heif(source: PhotoSource, _: int, purpose: Purpose, budget: PixelBudget) -> WorkingImage:
    from nivo_tui.imaging.heif import decode_heif

    return decode_heif(source, purpose, budget)


def _raw(source: PhotoSource, _: int, purpose: Purpose, budget: PixelBudget) -> WorkingImage:
    from nivo_tui.imaging.raw import decode_raw

    return decode_raw(source, purpose, budget)


def _stand_in(source: PhotoSource, orientation: int, purpose: Purpose, budget: PixelBudget) -> WorkingImage:
    """For a raw file LibRaw does not know: its largest preview, or what Pillow reads, whichever is larger.

    Pillow sees a scanner's TIFF behind a raw's name, but of a camera's raw only the tiny first picture.
    """
    from nivo_tui.imaging.raw import decode_preview

    found: list[WorkingImage] = []
    last: DecodeError | None = None
    for decoder in (decode_preview, _generic):
        try:
            found.append(decoder(source, orientation, purpose, budget))
        except DecodeError as error:
            last = error
    if not found:
        raise last or DecodeError("no decoder knows this file")
    return max(found, key=lambda image: image.full_width * image.full_height)


def _webp(source: PhotoSource, orientation: int, purpose: Purpose, budget: PixelBudget) -> WorkingImage:
    from nivo_tui.imaging.webp import decode_webp

    return decode_webp(source, orientation, purpose, budget)


def _generic(source: PhotoSource, orientation: int, purpose: Purpose, budget: PixelBudget) -> WorkingImage:
    from nivo_tui.imaging.generic import decode_generic

    return decode_generic(source, orientation, purpose, budget)
