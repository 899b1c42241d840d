"""Keys: three keymaps, the user's own over them, and every mistake named."""

from __future__ import annotations

import pytest

from nivo_tui.errors import SettingsError
from nivo_tui.ui.actions import Actions
from nivo_tui.ui.commands import (
    BY_ID,
    COMMANDS,
    CONTEXTS,
    REVIEW,
    SECTIONS,
    key_sign,
    key_table_markdown,
    keys_sign,
)
from nivo_tui.ui.keymap import KEYMAPS, key_table


@pytest.mark.parametrize("name", KEYMAPS)
def test_every_keymap_reaches_every_command_but_the_palette_only(name: str) -> None:
    table = key_table(name)
    for command in COMMANDS:
        for context in command.where:
            for key in table.keys[command.id]:
                first, _, second = key.rpartition(" ")
                assert table.match(context, first, second).command == command.id
        assert table.keys[command.id] or command.palette


def test_every_command_of_the_review_is_done_by_a_method_and_explains_itself() -> None:
    for command in COMMANDS:
        assert command.section in SECTIONS
        assert command.where <= CONTEXTS
        assert command.help.endswith(".")
        if command.where & REVIEW:
            assert callable(Actions(None).method(command.id))  # type: ignore[arg-type]


def test_the_keys_of_the_design() -> None:
    table = key_table()
    wanted = {
        "j": "row_down",
        "k": "row_up",
        "down": "row_down",
        "up": "row_up",
        "h": "photo_previous",
        "l": "photo_next",
        "left": "photo_previous",
        "right": "photo_next",
        "tab": "pane_next",
        "shift+tab": "pane_previous",
        "enter": "as_shown",
        "1": "flip",
        "0": "flip",
        "space": "skip",
        "a": "accept",
        "x": "reject",
        "u": "back",
        "minus": "never",
        "v": "mark",
        "e": "edit_tag",
        "percent_sign": "bulk",
        "T": "tag_view",
        "H": "history",
        "S": "burst",
        "b": "boxes",
        "O": "full_size",
        "L": "log_level",
        "t": "folders_toggle",
        "i": "add_tag",
        "full_stop": "repeat",
        "y": "copy",
        "P": "paste",
        "slash": "search",
        "n": "search_next",
        "F": "filter",
        "o": "picture_full",
        "p": "picture_toggle",
        "z": "undo",
        "Z": "redo",
        "w": "write",
        "G": "last",
        "question_mark": "help",
        "colon": "palette",
        "ctrl+p": "palette",
        "q": "quit",
        "escape": "leave",
        "s": "scan",
        "c": "cancel",
    }
    assert {key: table.match("tags", "", key).command for key in wanted} == wanted
    assert table.match("tags", "", "g").waiting
    assert table.match("tags", "g", "g").command == "first"
    assert table.match("tags", "g", "j").command == "row_down"
    assert [table.digit(key) for key in ("1", "9", "0", "a")] == [0, 8, 9, None]


def test_a_user_s_keys_lie_over_the_keymap() -> None:
    table = key_table("lightroom", {"accept": "m, Enter", "as_shown": "ctrl+j", "open": "ctrl+o"})
    assert table.match("tags", "", "m").command == "accept"
    assert table.match("tags", "", "enter").command == "accept"
    assert table.match("tags", "", "p").command is None
    assert key_table(overrides={"search": "/,comma"}).match("tags", "", "comma").command == "search"


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        ({"acept": "a"}, "acept"),
        ({"accept": "x"}, "reject"),
        ({"accept": "g"}, '"g" of "accept" also begins "g g" of "first"'),
        ({"accept": "entre"}, '"accept": there is no key "entre"'),
        ({"acept": "a"}, 'did you mean "accept"'),
        ({"accept": "a b c"}, "two keys"),
        ({"flip": "1,2"}, "ten keys"),
        ({"quit": ""}, "quit"),
    ],
)
def test_a_wrong_key_is_an_error_that_names_it(overrides: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as raised:
        key_table(overrides=overrides, file="/home/me/config.toml")
    assert str(raised.value).startswith("/home/me/config.toml: [keys]")


def test_an_unknown_keymap_is_an_error_that_lists_them() -> None:
    with pytest.raises(SettingsError, match="vim-file-manager"):
        key_table("emacs")


def test_one_key_may_mean_two_things_in_two_places() -> None:
    table = key_table()
    assert table.match("folders", "", "enter").command == "open"
    assert table.match("cover", "", "enter").command == "open"
    assert table.match("plan", "", "c").command == "plan_cancel"


def test_nothing_that_decides_works_where_the_tags_are_not_seen() -> None:
    table = key_table()
    for key in ("1", "a", "x", "minus", "P", "full_stop"):
        assert table.match("cover", "", key).command is None
        assert table.match("folders", "", key).command is None


def test_the_readme_s_table_has_every_key() -> None:
    table = key_table_markdown()
    for command in COMMANDS:
        if command.keys and command.where & REVIEW:
            assert f"`{keys_sign(command.keys).split(', ', maxsplit=1)[0]}`" in table
            assert command.help in table
    assert "`Ctrl+P`" in table
    assert "b" in key_table_markdown({**{c.id: c.keys for c in COMMANDS}, "accept": ("b",)})


def test_keys_are_written_as_a_person_reads_them() -> None:
    assert [key_sign(key) for key in ("shift+tab", "ctrl+p", "g g", "full_stop", "G", "right")] == [
        "Shift+Tab",
        "Ctrl+P",
        "g g",
        ".",
        "G",
        "→",
    ]
    assert BY_ID["flip"].keys == tuple("1234567890")
