"""Dates that file names tell, and names that tell none."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nivo_tui.tagging.dates import date_of_name

AT = datetime(2025, 8, 14, 14, 2, 33)


@pytest.mark.parametrize(
    "name",
    [
        "IMG_20250814_140233.jpg",
        "IMG_20250814_140233_HDR.jpg",
        "IMG_20250814_140233~2.jpg",
        "IMG_20250814_140233.jpg.jpg",
        "MVIMG_20250814_140233.jpg",
        "VID_20250814_140233.jpg",
        "P_20250814_140233_vHDR.jpg",
        "20250814_140233.jpg",
        "20250814_140233(0).heic",
        "20250814-140233.jpg",
        "2025-08-14 14.02.33.jpg",
        "2025-08-14 14.02.33-1.jpg",
        "2025-08-14_14-02-33.tif",
        "2025_08_14_14_02_33.jpg",
        "2025-08-14T14:02:33.jpg",
        "Screenshot_2025-08-14-14-02-33.png",
        "Screenshot_20250814-140233_Chrome.png",
        "Screenshot 2025-08-14 at 14.02.33.png",
        "Screen Shot 2025-08-14 at 2.02.33 PM.png",
        "signal-2025-08-14-140233.jpg",
        "signal-2025-08-14-140233_002.jpeg",
        "signal-2025-08-14-14-02-33.jpg",
        "DJI_20250814140233_0001.JPG",
        "DJI_20250814140233_0001_D.DNG",
        "WhatsApp Image 2025-08-14 at 14.02.33.jpeg",
        "WhatsApp Image 2025-08-14 at 14.02.33 (1).jpeg",
        "WhatsApp Image 2025-08-14 at 2.02.33 PM.jpeg",
        "photo_2025-08-14_14-02-33.jpg",
        "photo_5@14-08-2025_14-02-33.jpg",
        "WIN_20250814_14_02_33_Pro.jpg",
        "WP_20250814_14_02_33_Pro.jpg",
        "00000IMG_00000_BURST20250814140233000_COVER.jpg",
    ],
)
def test_names_with_a_time(name):
    found = date_of_name(f"/photos/2019-01-02/{name}")
    assert found is not None and found.at == AT and not found.day_only


@pytest.mark.parametrize(
    "name", ["PXL_20250814_140233123.jpg", "PXL_20250814_140233123.MP.jpg", "PXL_20250814_140233123~2.jpg"]
)
def test_a_pixel_phone_tells_utc(name):
    assert date_of_name(name).at == AT.replace(microsecond=123_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "name",
    [
        "IMG-20250814-WA0012.jpg",
        "WP_20250814_001.jpg",
        "2025-08-14.jpg",
        "2025-08-14 on the beach 3.jpg",
        "2025.08.14_2.jpg",
        "Photo 14.08.2025.jpg",
        "14-08-2025.jpg",
    ],
)
def test_names_with_a_day_alone(name):
    found = date_of_name(name)
    assert found is not None and found.day_only and found.at == datetime(2025, 8, 14)


@pytest.mark.parametrize(
    "name",
    [
        "IMG_1234.jpg",
        "DSC_20140101.jpg",
        "IMG_20250814.jpg",
        "IMG_20991301.jpg",
        "IMG_20991301_140233.jpg",
        "IMG_20250230_140233.jpg",
        "IMG_20250814_246199.jpg",
        "IMG_00000814_140233.jpg",
        "0000-00-00 00.00.00.jpg",
        "2025-13-14.jpg",
        "2025-02-30 12.00.00.jpg",
        "2025-08-14 14.02.61.jpg",
        "20250814_0001.jpg",
        "Photo 03.04.2025.jpg",
        "Photo 08.14.2025.jpg",
        "2025-08-14 to 2025-08-20.jpg",
        "IMG_20250814_140233 and IMG_20250815_140233.jpg",
        "1755180153000.jpg",
        "FB_IMG_1534249353000.jpg",
        "12345678901234.jpg",
        "192.168.2025-08-14.jpg",
        "v2025.08.14.1.jpg",
        "Screen Shot 2025-08-14 at 14.02.33 PM.png",
        "",
        ".jpg",
    ],
)
def test_names_without_a_date(name):
    assert date_of_name(name) is None


@given(st.datetimes(datetime(1990, 1, 1), datetime(2098, 12, 31)).map(lambda at: at.replace(microsecond=0)))
def test_what_cameras_write_is_read_back(at):
    for form in ("IMG_%Y%m%d_%H%M%S.jpg", "Screenshot_%Y-%m-%d-%H-%M-%S.png", "DJI_%Y%m%d%H%M%S_0001.JPG"):
        assert date_of_name(at.strftime(form)).at == at
    assert date_of_name(at.strftime("IMG-%Y%m%d-WA0001.jpg")).at.date() == at.date()


@given(st.text(max_size=60))
def test_no_name_whatever_breaks_it(name):
    date_of_name(name)


@given(st.text("0123456789-_. :", max_size=40), st.sampled_from(["", "PXL_", "WP_", "@"]))
def test_what_is_found_stands_in_the_name(digits, before):
    found = date_of_name(before + digits)
    if found is not None:
        assert str(found.at.year) in digits and f"{found.at.day:02d}" in digits


@given(st.text("0123456789", max_size=13), st.sampled_from(["IMG_", "DSC", ""]))
def test_a_mere_number_is_no_date(number, before):
    assert date_of_name(before + number + ".jpg") is None
