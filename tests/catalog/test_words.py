"""The words of a library: counted in files, brought along in lists, answered by their owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from nivo_tui.catalog.decisions import DecisionStore, open_decisions
from nivo_tui.catalog.finder import Finder
from nivo_tui.catalog.history import History, Kind
from nivo_tui.catalog.known_words import known_words
from nivo_tui.catalog.library import Library
from nivo_tui.catalog.mappings import Answer, Proposal, answer, proposals
from nivo_tui.catalog.photos import PhotoStore, open_catalog
from nivo_tui.catalog.query import parse
from nivo_tui.catalog.records import FileStat, PhotoRecord, Rated
from nivo_tui.catalog.words import (
    BroughtWord,
    LibraryWord,
    add_rules,
    allow_again,
    bring_words,
    brought_words,
    count_words,
    names_in_files,
    read_words,
    save_words,
    word_rules,
)
from nivo_tui.engine.own_vocabulary import home_vocabulary
from nivo_tui.engine.words import photos_called, settle_words
from nivo_tui.model import Category, FileMetadata, Format, State, Suggestion
from nivo_tui.settings import Paths, ScreenSettings, Settings, load_paths

FOLDER = "/photos"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = load_paths(tmp_path / "home")
    made.create()
    return made


@pytest.fixture
def photos(paths: Paths) -> Iterator[PhotoStore]:
    connection = open_catalog(paths)
    yield PhotoStore(connection)
    connection.close()


@pytest.fixture
def library(paths: Paths, photos: PhotoStore) -> Iterator[Library]:
    made = Library(paths)
    yield made
    made.close()


@pytest.fixture
def store(paths: Paths) -> Iterator[DecisionStore]:
    connection = open_decisions(paths)
    yield DecisionStore(connection)
    connection.close()


def photo(
    number: int,
    keywords: Sequence[str],
    hierarchies: Sequence[str] = (),
    suggested: Sequence[Suggestion] = (),
) -> PhotoRecord:
    return PhotoRecord(
        f"{FOLDER}/{number}.jpg",
        FileStat(1, 1, 1),
        Format.JPEG,
        metadata=FileMetadata(keywords=tuple(keywords), hierarchies=tuple(hierarchies)),
        image_hash=f"{number:064x}",
        suggestions=tuple(Rated(s, False) for s in suggested),
    )


def settled(paths: Paths, settings: Settings, photos: PhotoStore, *, changed: bool) -> frozenset[str] | None:
    with closing(open_decisions(paths)) as decisions:
        return settle_words(paths, settings, photos.connection, decisions, changed=changed)


def settle(
    paths: Paths, photos: PhotoStore, settings: Settings | None = None, *, changed: bool = True
) -> bool:
    return settled(paths, settings or Settings(), photos, changed=changed) is not None


def found(photos: PhotoStore) -> dict[str, LibraryWord]:
    return {word.keyword: word for word in read_words(photos.connection)}


def test_the_most_frequent_spelling_and_path_of_a_word_count(photos: PhotoStore) -> None:
    photos.save(
        [
            photo(1, ["Beach", "Ann"], ["Places|Coast|Beach"]),
            photo(2, ["Beach"], ["Places|Coast|Beach"]),
            photo(3, ["beach"], ["Ferien|beach"]),
            photo(4, ["ann"]),
            photo(5, ["Ann"]),
        ]
    )
    words = {word.keyword: word for word in count_words(photos.connection)}
    assert words["Beach"] == LibraryWord("Beach", ("Places", "Coast", "Beach"), 3)
    assert words["Ann"] == LibraryWord("Ann", ("Ann",), 3)
    assert words["Coast"] == LibraryWord("Coast", ("Places", "Coast"), 2)
    assert [word.photos for word in count_words(photos.connection)] == sorted(
        (word.photos for word in words.values()), reverse=True
    )


def test_a_word_in_hierarchies_alone_is_one(photos: PhotoStore) -> None:
    photos.save([photo(1, [], ["Animals|Dog"]), photo(2, ["x"], ["||", "Animals||Dog"])])
    words = {word.keyword: word for word in count_words(photos.connection)}
    assert words["Dog"].path == ("Animals", "Dog") and words["Dog"].photos == 2


def test_words_are_given_the_tag_they_mean(paths: Paths, photos: PhotoStore) -> None:
    photos.save([photo(1, ["Seaside", "Hund", "Aunt Ann"], ["Orte|Seaside"])])
    assert settle(paths, photos)
    words = found(photos)
    assert (words["Seaside"].tag, words["Seaside"].label) == ("beach", "beach")
    assert words["Seaside"].tag_path == ("Scene", "coast", "beach")
    assert words["Hund"].tag == "dog" and words["Aunt Ann"].tag is None
    assert not settle(paths, photos) and not settle(paths, photos, changed=False)


def test_words_are_counted_again_only_where_photos_changed(paths: Paths, photos: PhotoStore) -> None:
    photos.save([photo(1, ["Seaside"])])
    settle(paths, photos, changed=False)
    assert found(photos)["Seaside"].photos == 1, "there was nothing yet"
    photos.save([photo(2, ["Seaside"])])
    assert not settle(paths, photos, changed=False)
    assert settle(paths, photos) and found(photos)["Seaside"].photos == 2


def test_what_this_program_wrote_is_no_word_of_the_owner(
    paths: Paths, photos: PhotoStore, library: Library
) -> None:
    photos.save([photo(1, ["beach", "Dog"], ["Scene|coast|beach", "Objects|Animals|Dog"])])
    settle(paths, photos)
    assert proposals(library) == (
        Proposal("Dog", ("Objects", "Animals", "Dog"), 1, "dog", "dog", ("Objects", "Animals", "dog")),
    )
    german = Settings(screen=ScreenSettings(language="de"))
    settle(paths, photos, german)
    assert [p.keyword for p in proposals(library)] == ["Dog"]
    assert home_vocabulary(paths, german).get("beach").label == "Strand"  # type: ignore[union-attr]


def test_what_was_written_below_an_owners_word_is_none_of_theirs(
    paths: Paths, photos: PhotoStore, library: Library
) -> None:
    photos.save([photo(1, ["Küste"], ["Orte|Küste"])])
    settle(paths, photos)
    photos.save([photo(2, ["beach"], ["Orte|Küste|beach"])])
    settle(paths, photos)
    assert [p.keyword for p in proposals(library)] == ["Küste"]
    settle(paths, photos)
    assert [p.keyword for p in proposals(library)] == ["Küste"]


def test_tags_are_written_as_the_library_has_them(paths: Paths, photos: PhotoStore) -> None:
    photos.save([photo(n, ["Seaside"], ["Places|Coast|Seaside"]) for n in range(3)])
    photos.save([photo(10, ["BEACH", "DOG"])])
    settle(paths, photos)
    vocabulary = home_vocabulary(paths, Settings())
    beach, dog = vocabulary.get("beach"), vocabulary.get("dog")
    assert beach is not None and beach.path == ("Places", "Coast", "Seaside")
    assert dog is not None and dog.path == ("Objects", "Animals", "DOG")
    assert vocabulary.match("beach") == vocabulary.match("seaside") == "beach"


def test_words_of_the_settings_complete(paths: Paths, photos: PhotoStore, library: Library) -> None:
    settings = Settings(tags={"plot": {"label": "Schrebergarten", "path": "Orte|Schrebergarten"}})
    settle(paths, photos, settings)
    assert "Schrebergarten" in known_words(library)
    assert proposals(library) == ()
    settle(paths, photos, Settings())
    assert "Schrebergarten" not in known_words(library)


def test_lists_join_and_are_taken_back_with_their_act(
    paths: Paths, store: DecisionStore, library: Library
) -> None:
    old = bring_words(store, "keywords of a.txt", [BroughtWord(("Orte", "Strand"), ("plage",))], "import")
    assert "Strand" in known_words(library)
    new = bring_words(store, "keywords of b.txt", [BroughtWord(("Reisen", "Strand"))], "import")
    assert [word.path[0] for word in brought_words(store.connection)] == ["Reisen", "Orte"]

    def path() -> tuple[str, ...]:
        tag = home_vocabulary(paths, Settings()).get("beach")
        assert tag is not None
        return tag.path

    assert path() == ("Reisen", "Strand")
    assert home_vocabulary(paths, Settings()).match("Plage") == "beach"
    store.revoke_act(new)
    assert path() == ("Orte", "Strand")
    store.revoke_act(old)
    assert path() == ("Scene", "coast", "beach") and "Strand" not in known_words(library)
    store.restore_act(old)
    assert path() == ("Orte", "Strand")


def test_a_word_that_a_list_or_an_answer_maps_means_its_tag_in_files(
    paths: Paths, photos: PhotoStore, library: Library
) -> None:
    photos.save([photo(1, ["plage", "Playa"])])
    settle(paths, photos)
    assert found(photos)["plage"].tag is None
    act = bring_words(
        library.decisions, "keywords of a.txt", [BroughtWord(("Orte", "Strand"), ("plage",))], "import"
    )
    add_rules(library.decisions, "write beach as 'Playa'", [("map", "beach", "Playa")], "command")
    settle(paths, photos, changed=False)
    assert names_in_files(library.connection)["beach"] == {"plage", "playa"}
    assert proposals(library) == ()
    library.decisions.revoke_act(act)
    settle(paths, photos, changed=False)
    assert names_in_files(library.connection)["beach"] == {"playa"}


# answers


@pytest.fixture
def beaches(paths: Paths, photos: PhotoStore) -> None:
    photos.save([photo(n, ["Seaside"], ["Places|Coast|Seaside"]) for n in range(4)])
    photos.save([photo(n, ["Beach"]) for n in range(4, 7)])
    photos.save([photo(7, ["dog", "Cat", "Ann"])])
    settle(paths, photos)


@pytest.mark.usefixtures("beaches")
def test_words_that_are_spelt_or_placed_otherwise_are_proposed(library: Library) -> None:
    assert proposals(library)[1] == Proposal(
        "Seaside", ("Places", "Coast", "Seaside"), 4, "beach", "beach", ("Scene", "coast", "beach")
    )
    assert [p.keyword for p in proposals(library)] == ["Coast", "Seaside", "Beach", "Cat"]


@pytest.mark.usefixtures("beaches")
def test_answers_stand_until_they_are_taken_back(paths: Paths, library: Library) -> None:
    act = answer(library, {"Seaside": Answer.KEEP, "Beach": Answer.MAP, "Cat": Answer.NEVER})
    assert [p.keyword for p in proposals(library)] == ["Coast"]
    vocabulary = home_vocabulary(paths, Settings())
    tag = vocabulary.get("beach")
    assert tag is not None and tag.label == "Beach" and vocabulary.match("Seaside") is None
    assert library.decisions.never_tags() == {"cat"}
    library.decisions.revoke_act(act)
    assert [p.keyword for p in proposals(library)] == ["Coast", "Seaside", "Beach", "Cat"]
    assert library.decisions.never_tags() == frozenset()
    tag = home_vocabulary(paths, Settings()).get("beach")
    assert tag is not None and tag.label == "Seaside"


@pytest.mark.usefixtures("beaches")
def test_of_two_words_mapped_at_once_the_more_frequent_wins_and_later_the_newer(
    paths: Paths, library: Library
) -> None:
    answer(library, {"Beach": Answer.MAP, "Seaside": Answer.MAP})
    tag = home_vocabulary(paths, Settings()).get("beach")
    assert tag is not None and tag.label == "Seaside"
    add_rules(library.decisions, "write beach as 'Beach'", [("map", "beach", "Beach")], "command")
    vocabulary = home_vocabulary(paths, Settings())
    tag = vocabulary.get("beach")
    assert tag is not None and tag.label == "Beach" and vocabulary.match("seaside") == "beach"


@pytest.mark.usefixtures("beaches")
def test_the_newest_answer_about_a_word_counts(library: Library) -> None:
    answer(library, {"Beach": Answer.KEEP})
    answer(library, {"Beach": Answer.MAP})
    assert [rule.kind for rule in word_rules(library.decisions.connection)] == ["map"]


@pytest.mark.usefixtures("beaches")
def test_a_tag_that_is_never_suggested_is_not_proposed(library: Library) -> None:
    library.decisions.record("never cat", by="key", never=["cat"])
    assert "Cat" not in {p.keyword for p in proposals(library)}


@pytest.mark.usefixtures("beaches")
def test_answers_are_in_the_history(library: Library) -> None:
    one = answer(library, {"Beach": Answer.KEEP})
    several = answer(library, {"Seaside": Answer.MAP, "Cat": Answer.NEVER})
    history = History(library)
    assert [number for _, number in history.keys(Kind.RULES)] == [several, one]
    entry = history.entry(one)
    assert entry is not None and entry.title == "keep 'Beach' apart from beach"
    entry = history.entry(several)
    assert entry is not None and entry.title == "words of the library: 1 mapped, 1 never suggested"
    assert answer(library, {"gone": Answer.MAP}) == 0


@pytest.mark.usefixtures("beaches")
def test_a_tag_is_allowed_again_and_the_other_answers_stay(library: Library) -> None:
    answer(library, {"Beach": Answer.MAP, "Cat": Answer.NEVER})
    library.decisions.record("never cat", by="key", never=["cat"])
    assert allow_again(library.decisions, "cat", "command") == 2
    assert library.decisions.never_tags() == frozenset()
    assert [(r.kind, r.text) for r in word_rules(library.decisions.connection)] == [("map", "Beach")]
    assert allow_again(library.decisions, "cat", "command") == 0


def test_a_synonym_in_the_file_is_in_the_file(paths: Paths, photos: PhotoStore, library: Library) -> None:
    suggested = [Suggestion("beach", "seaside", Category.SCENE, 0.9, "x", "")]
    photos.save([photo(1, ["seaside"], suggested=suggested)])
    detail = library.detail(f"{FOLDER}/1.jpg")
    assert detail is not None and [s.state for s in detail.suggestions] == [State.IN_FILE]


def test_places_follow_a_word_that_is_another_and_nothing_else_does(paths: Paths, photos: PhotoStore) -> None:
    place = Suggestion("place_lisbon", "Lisbon", Category.LOCATION, 0.9, "x", "")
    other = Suggestion("beach", "beach", Category.SCENE, 0.9, "x", "")
    photos.save([photo(1, [], suggested=[place, other]), photo(2, [], suggested=[other])])
    photos.save([photo(3, ["LISBON", "Nida"], ["Reisen|LISBON"])])
    before = home_vocabulary(paths, Settings())
    words = settled(paths, Settings(), photos, changed=True)
    assert words == {"lisbon", "nida", "reisen"}
    after = home_vocabulary(paths, Settings())
    assert photos_called(photos.connection, words, after) == {1: {Category.LOCATION}}
    assert all(before.version(category) == after.version(category) for category in Category)
    photos.save([photo(4, ["LISBON"], ["Reisen|LISBON"])])
    assert settled(paths, Settings(), photos, changed=True) == frozenset()


def test_photos_are_found_by_any_word_for_a_tag(paths: Paths, photos: PhotoStore, library: Library) -> None:
    tag = Suggestion("beach", "Seaside", Category.SCENE, 0.9, "x", "")
    photos.save([photo(1, [], suggested=[tag]), photo(2, ["Plage"]), photo(3, ["Seaside"]), photo(4, ["x"])])
    settle(paths, photos, Settings(tags={"beach": {"synonyms": ["plage"]}}))

    def numbers(query: str) -> list[int]:
        return [int(path[len(FOLDER) + 1 : -4]) for path in Finder(library).paths(parse(query))]

    assert numbers("tag:beach") == numbers("tag:plage") == numbers("tag:seaside") == [1, 2, 3]
    answer(library, {"Plage": Answer.KEEP})
    assert numbers("tag:beach") == [1, 3]


def test_saving_replaces_all(photos: PhotoStore) -> None:
    save_words(photos.connection, [LibraryWord("a", ("a",), 2), LibraryWord("A", ("A",), 1)])
    save_words(photos.connection, [LibraryWord("b", ("x", "b"), 2, "dog", "dog", ("Objects", "dog"))])
    assert read_words(photos.connection) == (
        LibraryWord("b", ("x", "b"), 2, "dog", "dog", ("Objects", "dog")),
    )
