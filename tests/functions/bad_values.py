"""Input that no call may take, for the tests of all of them."""

from typing import Any

NO_TEXTS: dict[str, Any] = {
    "number": 5,
    "boolean": True,
    "list": ["text"],
    "object": {"text": "text"},
    "empty": "",
    "blank": " \t\n\u00a0\u2003",
    "zero_width": "\u200b\u200d\u2060\ufeff",
    "hangul_filler": "\u3164",
    "braille_blank": "\u2800 \u2800",
    "soft_hyphen": "\u00ad",
    "language_tag": "\U000e0001",
    "variation_selector": "\ufe0f",
    "nul": "a\0b",
    "high_surrogate": "a\ud83d",
    "low_surrogate": "\ude00a",
}
NO_UUIDS: dict[str, Any] = {
    "number": 5,
    "boolean": False,
    "list": [],
    "empty": "",
    "short": "7c0c6a5e-3f0b-4e0e-9a53-0d4b6c1f8a1",
    "braces": "{7c0c6a5e-3f0b-4e0e-9a53-0d4b6c1f8a11}",
    "no_dashes": "7c0c6a5e3f0b4e0e9a530d4b6c1f8a11",
    "newline": "7c0c6a5e-3f0b-4e0e-9a53-0d4b6c1f8a11\n",
    "other_digits": "7c0c6a5e-3f0b-4e0e-9a53-0d4b6c1f8a1\u0661",
    "path": "../../../../../../../../../../../../..",
}
NO_LIMITS = ("0", "-1", "1.5", "1e1", "", " 5", "5 ", "+5", "\u0665", "five", "5,6", "99999", "9" * 5000)
NO_CURSORS = ("", "x", "garbage!", "AAAAAAAAAAAA", "=", "..", "\u00e4\u00f6", "MTIz" * 500, "null", "0", "-1")
NO_OBJECTS: dict[str, bytes] = {
    "words": b"hello",
    "truncated": b'{"message": "x"',
    "trailing": b'{"message": "x"} {}',
    "single_quotes": b"{'message': 'x'}",
    "list": b'[{"message": "x"}]',
    "string": b'"message"',
    "number": b"5",
    "null": b"null",
    "nan": b'{"message": NaN}',
    "infinity": b'{"message": "x", "other": -Infinity}',
    "huge_integer": b'{"other": ' + b"9" * 10_000 + b"}",
    "invalid_utf8": b'{"message": "\xff\xfe"}',
    "overlong_utf8": b'{"message": "\xc0\xaf"}',
    "utf16": '{"message": "x"}'.encode("utf-16"),
    "utf32": '{"message": "x"}'.encode("utf-32"),
    "byte_order_mark": b'\xef\xbb\xbf{"message": "x"}',
    "nested_lists": b"[" * 8_000 + b"]" * 8_000,
    "open_brackets": b"[" * 16_000,
    "raw_control_character": b'{"message": "a\x00b"}',
}
TOO_LARGE: dict[str, bytes] = {
    "one_byte": b'{"message": "x"}' + b" " * (16 * 1024 - 15),
    "brackets": b"[" * 100_000,
    "text": b'{"message": "' + b"x" * 300_000 + b'"}',
}
HARMLESS: dict[str, bytes] = {
    "full": b'{"message": "x"}' + b" " * (16 * 1024 - 16),
    "unknown_fields": b'{"message": "x", "unknown": {"a": [1, null]}, "status": "ended", "visitor_id": 5, "": ""}',
    "huge_numbers": b'{"message": "x", "big": 1e999, "bigger": -123456789012345678901234567890}',
    "twice": b'{"message": 5, "message": "x"}',
    "escapes": b'{"\\u006dessage": "\\u0078"}',
}
