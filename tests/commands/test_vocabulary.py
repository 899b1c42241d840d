"""vocabulary and import of keyword lists, from outside: what tags there are, and how a person has them."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from running import nivo, picture

LIST = "[Orte]\n\tKüste\n\t\tStrand\n\t\t\t{seaside}\n\tNida\nTiere\n\tHund\n"


@pytest.fixture
def keywords(tmp_path: Path) -> Path:
    file = tmp_path / "keywords.txt"
    file.write_bytes(codecs.BOM_UTF8 + LIST.encode())
    return file


def tag(name: str) -> dict[str, object]:
    (line,) = nivo("vocabulary", "show", name, "--json").of("tag_defined")
    return line


@pytest.mark.usefixtures("home")
def test_every_tag_is_listed_with_all_that_is_said_of_it() -> None:
    listed = nivo("vocabulary", "--json")
    tags = {line["tag"]: line for line in listed.of("tag_defined")}
    assert listed.status == 0 and listed.summary["tags"] == len(tags) > 500
    assert tags["beach"] == {
        "type": "tag_defined",
        "tag": "beach",
        "label": "beach",
        "category": "scene",
        "kind": "judgement",
        "meaning": "Sand or pebbles by the sea",
        "parent": "coast",
        "path": ["Scene", "coast", "beach"],
        "synonyms": ["seaside", "seashore"],
        "floor": 0.3,
        "bar": 0.65,
        "written": True,
        "own": False,
        "owned": False,
        "enabled": True,
        "photos": 0,
    }
    assert tags["golden_hour"]["kind"] == "fact" and not tags["golden_hour"]["written"]
    words = nivo("vocabulary", "list", "--category", "mood")
    assert words.status == 0 and "dark_moody" in words.out and "beach" not in words.out
    head, *lines = words.out.splitlines()
    assert head.split() == ["tag", "written", "as", "category", "from", "tick", "photos"]
    assert all(line[head.index("category") :].startswith("mood ") and len(line) <= 80 for line in lines)
    assert nivo("vocabulary", "list", "--category", "moods").status == 2


@pytest.mark.usefixtures("home")
def test_a_tag_is_found_by_any_of_its_names_and_a_wrong_one_is_told() -> None:
    assert tag("Seaside") == tag("beach") == tag("Strand")
    shown = nivo("vocabulary", "show", "golden hour")
    assert "horizon" in shown.out and "Time|Part of day|golden hour" in shown.out
    wrong = nivo("vocabulary", "show", "beeach")
    assert wrong.status == 2 and "did you mean 'beach'" in wrong.err


@pytest.mark.usefixtures("home")
def test_a_tag_is_switched_off_and_on() -> None:
    off = nivo("vocabulary", "off", "beach", "--json")
    assert off.status == 0 and not off.of("tag_defined")[0]["enabled"]
    assert not tag("beach")["enabled"] and tag("coast")["enabled"]
    assert "already" in nivo("vocabulary", "off", "beach").err
    on = nivo("vocabulary", "on", "beach", "--json")
    assert on.status == 0 and on.of("tag_defined")[0]["enabled"] and tag("beach")["enabled"]
    assert "not switched off" in nivo("vocabulary", "on", "beach").err


def test_a_tag_that_the_settings_switch_off_is_switched_on_there(home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text("[tags]\nbeach = { enabled = false }\n", encoding="utf-8")
    assert not tag("beach")["enabled"]
    refused = nivo("vocabulary", "on", "beach")
    assert refused.status == 2 and "config.toml" in refused.err


@pytest.mark.usefixtures("home")
def test_a_tag_is_mapped_to_a_word_and_to_a_path() -> None:
    mapped = nivo("vocabulary", "map", "beach", "Orte|Küste|Badestrand", "--json")
    assert mapped.status == 0 and mapped.summary["applied"]
    assert mapped.of("tag_defined")[0]["path"] == ["Orte", "Küste", "Badestrand"]
    assert nivo("vocabulary", "map", "beach", "Playa").status == 0
    assert tag("Playa")["tag"] == "beach" and tag("beach")["path"] == ["Scene", "coast", "Playa"]
    for wrong in ("", "a||b", "a/b", "a,b"):
        assert nivo("vocabulary", "map", "beach", wrong).status == 2
    taken = nivo("vocabulary", "map", "dog", "Playa")
    assert taken.status == 2 and "beach" in taken.err


@pytest.mark.parametrize("words", [("import",), ("vocabulary", "import")])
@pytest.mark.usefixtures("home")
def test_a_keyword_list_joins_the_vocabulary(keywords: Path, words: tuple[str, ...]) -> None:
    taken = nivo(*words, keywords, "--json")
    assert taken.status == 0, taken.err
    assert {line["keyword"]: line["tag"] for line in taken.of("word")} == {
        "Hund": "dog",
        "Küste": "coast",
        "Strand": "beach",
    }
    assert taken.summary["keywords"] == 5 and taken.summary["tags"] == 3 and taken.summary["applied"]
    assert tag("beach")["path"] == ["Orte", "Küste", "Strand"]
    assert tag("dog")["label"] == "Hund" and tag("duck")["path"] == ["Objects", "Animals", "bird", "duck"]


@pytest.mark.usefixtures("home")
def test_what_cannot_be_imported_is_told(tmp_path: Path, keywords: Path) -> None:
    assert nivo("import", tmp_path / "none.txt").status == 2
    assert nivo("import", keywords, "--accept").status == 2
    odd = tmp_path / "odd.txt"
    odd.write_text("\tBeach\n", encoding="utf-8")
    wrong = nivo("import", odd)
    assert wrong.status == 2 and "line 1" in wrong.err
    odd.write_text('{"a.jpg": ["x"', encoding="utf-8")
    assert "no JSON" in nivo("import", odd).err


@pytest.mark.usefixtures("home")
def test_tags_are_written_as_the_library_has_them(tmp_path: Path, keywords: Path) -> None:
    """From files that have keywords, over a scan, to the files of other photos."""
    folder = tmp_path / "photos"
    for number in range(3):
        picture(folder / f"{number}.jpg", seed=number, size=(320, 240))
    nivo("write", folder / "0.jpg", "--keyword", "Ann", "--keyword", "jpeg", "--execute")
    assert nivo("import", keywords).status == 0
    scanned = nivo("scan", folder, "--models", "none")
    assert scanned.status == 0, scanned.out + scanned.err
    assert tag("jpeg")["label"] == "jpeg" and tag("jpeg")["photos"] == 3
    (first, second, _) = (nivo("show", folder / f"{n}.jpg", "--json").of("photo")[0] for n in range(3))
    states = {line["tag"]: (line["label"], line["state"]) for line in first["tags"]}
    assert states["jpeg"] == ("jpeg", "in_file")
    assert {line["tag"]: line["label"] for line in second["tags"]}["jpeg"] == "jpeg"
    nivo("decide", folder / "1.jpg", "--accept", "Nida,jpeg")
    (receipt,) = nivo("write", folder / "1.jpg", "--execute", "--json").of("receipt")
    assert receipt["status"] == "written" and sorted(receipt["added"]) == ["Nida", "jpeg"]
    assert nivo("write", folder / "1.jpg", "--json").of("receipt")[0]["status"] == "unchanged"
    exported = nivo("show", folder / "1.jpg", "--json").of("photo")[0]
    assert set(exported["file_keywords"]) == {"Nida", "jpeg"}
    assert b"Orte|Nida" in (folder / "1.jpg").read_bytes()


def test_a_tag_that_was_written_by_its_id_is_found_in_the_file(tmp_path: Path, home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text('[write]\nstyle = "id"\n', encoding="utf-8")
    photo = picture(tmp_path / "photos" / "a.jpg", size=(320, 240))
    nivo("scan", photo, "--models", "none")
    nivo("decide", photo, "--accept", "small_size")
    assert nivo("write", photo, "--execute", "--json").of("receipt")[0]["added"] == ["small_size"]
    (shown,) = nivo("show", photo, "--json").of("photo")
    assert [t["state"] for t in shown["tags"] if t["tag"] == "small_size"] == ["written"]
    assert nivo("search", "is:write", "--json").summary["photos"] == 0
