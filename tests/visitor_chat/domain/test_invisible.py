"""What shows nothing is empty, and whatever shows something in any script is a text."""

import sys
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visitor_chat.domain.invisible import shows_nothing

DRAWN_AROUND_NUMBERS = {
    chr(code) for code in (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD)
}
"""https://www.unicode.org/reports/tr44/#Prepended_Concatenation_Mark."""
DEFAULT_IGNORABLE = (
    "00AD 034F 061C 115F..1160 17B4..17B5 180B..180F 200B..200F 202A..202E 2060..206F 3164 FE00..FE0F FEFF FFA0 "
    "FFF0..FFF8 1BCA0..1BCA3 1D173..1D17A E0000..E0FFF"
)
"""https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point, of Unicode 16."""
BLANK_SIGNS = "\u2800\ufffc\U00013441\U00013442\U00016fe4\U0001d159"


def characters(ranges: str) -> Iterator[str]:
    for part in ranges.split():
        first, _, last = part.partition("..")
        yield from map(chr, range(int(first, 16), int(last or first, 16) + 1))


def is_blank(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cf":
        return character not in DRAWN_AROUND_NUMBERS
    return category in {"Cc", "Zs", "Zl", "Zp"}


def blanks() -> set[str]:
    by_category = {character for character in map(chr, range(sys.maxunicode + 1)) if is_blank(character)}
    return by_category | set(characters(DEFAULT_IGNORABLE)) | set(BLANK_SIGNS)


BLANKS = sorted(blanks())


def test_no_character_shows_nothing_but_those_that_are_blank() -> None:
    assigned = {chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) != "Cn"}

    found = {character for character in assigned | set(BLANKS) if shows_nothing(character)}

    assert sorted(found) == BLANKS


@given(st.text(st.sampled_from(BLANKS)))
def test_any_number_of_blanks_shows_nothing(text: str) -> None:
    assert shows_nothing(text)


@given(st.text(st.sampled_from(BLANKS)), st.sampled_from("a1.\u00e9\u4f60\u0639\U0001f600\ufffd"), st.text())
def test_one_sign_among_blanks_is_a_text(before: str, sign: str, after: str) -> None:
    assert not shows_nothing(before + sign + after)


@pytest.mark.parametrize(
    "text",
    [
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\u2764\ufe0f",
        "1\ufe0f\u20e3",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "\U0001f1eb\U0001f1ee",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0928\u092e\u0938\u094d\u0924\u0947",
        "\u0915\u094d\u200d\u0937",
        "\u0d28\u0d28\u0d4d\u200c",
        "\u200f\u05e9\u05dc\u05d5\u05dd",
        "\u1112\u1161\u11ab",
        "\u3131",
        "\u2803",
        "\u1820\u180b",
        "\u06dd",
        "\u00a0x",
    ],
    ids=ascii,
)
def test_signs_that_others_hold_together_are_texts(text: str) -> None:
    assert not shows_nothing(text)
