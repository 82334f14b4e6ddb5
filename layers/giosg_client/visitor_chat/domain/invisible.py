"""Texts that show nothing, though they hold something: spaces, and what is there for other characters' sake.

The Unicode categories Cc, Zs, Zl and Zp, Cf but for the signs that are drawn around numbers, and the property
Default_Ignorable_Code_Point (https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point); besides, blanks that
count as letters or symbols, the stand-in for an object that is not there, and what is no character at all.
https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt has the lists.
"""

import re

_BLANK = "".join(
    (
        "\\x00-\\x20\\x7f-\\xa0\\xad",
        "\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f",  # fillers, joiners and selectors of scripts
        "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff",  # spaces, marks of direction, invisible operators
        "\u2800\u3164\uffa0",  # a Braille cell without dots, and Hangul syllables without letters
        "\ufe00-\ufe0f\U000e0000-\U000e0fff",  # variation selectors and tags
        "\ufdd0-\ufdef\ufff0-\ufffc\ufffe\uffff",
        "\U00013430-\U0001343f\U00013441\U00013442\U00016fe4",  # joiners and blanks of hieroglyphs and Khitan
        "\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a",  # of shorthand and of music
        *(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(1, 17)),
    )
)
_NOTHING = re.compile(f"[{_BLANK}]*")


def shows_nothing(text: str) -> bool:
    """Tell whether a reader would see no difference between a text and none at all."""
    return _NOTHING.fullmatch(text) is not None
