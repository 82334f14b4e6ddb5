"""The page's function and the files that it serves."""

import base64
import gzip
import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from functions.web_page import app
from tests.environments import plain_environment
from tests.web.building import PACKAGE_SCRIPT

# Gzipped, on opening the chat, for a page that shows the launcher alone, and for a frontend of one's own.
BUDGET_BYTES = 24_000
LAUNCHER_BUDGET_BYTES = 3_500
CLIENT_BUDGET_BYTES = 8_000
# Of what is loaded only when it is needed.
LATER_BUDGET_BYTES = {"cards": 800, "moments": 3_700, "push": 2_500, "seldom": 2_200, "sound": 600, "worker": 700}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = "https://abc.execute-api.eu-north-1.amazonaws.com/live"
    for name, value in plain_environment(SOCKET_ENDPOINT=endpoint).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def names(served_files: Path) -> list[str]:
    manifest: dict[str, object] = json.loads((served_files / "manifest.json").read_text())
    return list(manifest)


def get(file: str | None = None, **headers: str) -> dict[str, Any]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.handler({"headers": sent, "pathParameters": {"file": file} if file else None}, None)


def named(names: list[str], start: str, suffix: str) -> str:
    return next(name for name in names if name.startswith(f"{start}.") and name.endswith(f".{suffix}"))


def test_all_script_and_style_together_stay_under_the_budget(served_files: Path) -> None:
    sizes = {
        file.name: file.stat().st_size
        for file in served_files.glob("*.gz")
        if ".js." in file.name or ".css." in file.name
    }

    languages = [sizes.pop(name) for name in list(sizes) if name.startswith("texts_")]
    assert sizes.pop("client.js.gz") < CLIENT_BUDGET_BYTES
    for start, budget in LATER_BUDGET_BYTES.items():
        assert sizes.pop(next(name for name in sizes if name.startswith(f"{start}."))) < budget
    assert sum(sizes.values()) + max(languages) < BUDGET_BYTES, sizes
    assert sizes["widget.js.gz"] < LAUNCHER_BUDGET_BYTES


def test_packaging_twice_gives_the_same_bytes(served_files: Path, tmp_path: Path) -> None:
    runpy.run_path(str(PACKAGE_SCRIPT))["write_package"](tmp_path)

    again = tmp_path / "visitor_page"
    assert sorted(file.name for file in again.iterdir()) == sorted(
        file.name for file in served_files.iterdir() if file.name != "__pycache__"
    )
    assert all((served_files / file.name).read_bytes() == file.read_bytes() for file in again.iterdir())


def test_what_is_served_is_the_source_without_comments_blanks_and_private_names(
    served_files: Path, names: list[str]
) -> None:
    source, served = (
        re.sub(r"#[a-zA-Z]+", "#", script.read_text())
        for script in (PACKAGE_SCRIPT.parent / "view" / "panel.js", served_files / named(names, "chat", "js"))
    )

    untyped = re.sub(r"/\*\*.*?\*/ ?(\w+;\n)?", "", source, flags=re.DOTALL)
    code = [re.sub(r"(^|\s)// .*", "", line).strip() for line in untyped.splitlines()]
    kept = [line for line in code if line and not line.startswith("import ") and "import(" not in line]
    served = "".join(served.split())
    assert all("".join(line.removeprefix("export ").split()) in served for line in kept)


@pytest.mark.parametrize(
    ("script", "served"),
    [
        ('const a = b ? ", x = { }" : c;', 'const a=b?", x = { }":c;'),
        ("say(`a = ${ b }, 'c'`, d)", "say(`a = ${ b }, 'c'`,d)"),
        ("x.replace(/[ \"'`] = /g, y / 2)", "x.replace(/[ \"'`] = /g,y / 2)"),
        ("const P = /(a) | b/u, e = f + +g", "const P=/(a) | b/u,e=f + +g"),
        ("x = '\\' = ' ;", "x='\\' = ';"),
    ],
)
def test_blanks_go_around_signs_and_stay_in_texts(script: str, served: str) -> None:
    assert runpy.run_path(str(PACKAGE_SCRIPT))["compact"](script) == served


def test_no_comment_is_served(served_files: Path) -> None:
    scripts = list(served_files.glob("*.js"))

    assert scripts
    assert [file.name for file in scripts if re.search(r"/\*\*|(^|\s)//(\s|$)", file.read_text(), re.MULTILINE)] == []


class TestThePage:
    def test_is_checked_at_every_visit(self) -> None:
        answer = get()

        assert answer["statusCode"] == 200
        assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"
        assert answer["headers"]["Cache-Control"] == "no-cache"

    def test_refers_to_its_files_relative_to_an_address_without_a_trailing_slash(self, names: list[str]) -> None:
        body = get()["body"]

        assert f'src="chat/{named(names, "page", "js")}"' in body
        assert 'src="chat/widget.js"' in body

    def test_has_a_strict_policy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALLOWED_ORIGINS", "https://www.example.com, https://shop.example.com")

        policy = get(X_Forwarded_Proto="https")["headers"]["Content-Security-Policy"].split("; ")

        assert policy == [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' https:",
            "connect-src 'self' wss://abc.execute-api.eu-north-1.amazonaws.com",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'self' https://shop.example.com https://www.example.com",
            "require-trusted-types-for 'script'",
            "trusted-types visitor-chat",
        ]

    def test_is_framed_by_itself_alone_when_any_origin_may_call(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALLOWED_ORIGINS", "*")

        policy = get()["headers"]["Content-Security-Policy"]

        assert "frame-ancestors 'self';" in policy

    def test_has_no_inline_script_or_style(self) -> None:
        body = get()["body"]

        assert "<style" not in body
        assert " style=" not in body
        assert body.count("<script") == body.count('<script type="module" src=')


class TestAFile:
    def test_with_a_hash_is_kept_for_good(self, names: list[str]) -> None:
        headers = get(named(names, "chat", "js"))["headers"]

        assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert headers["Content-Type"] == "text/javascript; charset=utf-8"

    @pytest.mark.parametrize("file", ["widget.js", "client.js", "client.d.ts"])
    def test_that_sites_write_down_is_kept_for_minutes(self, file: str) -> None:
        assert get(file)["headers"]["Cache-Control"] == "public, max-age=300"

    def test_of_types_is_text_as_it_is_written(self) -> None:
        answer = get("client.d.ts")

        assert answer["headers"]["Content-Type"] == "text/plain; charset=utf-8"
        assert answer["body"] == (PACKAGE_SCRIPT.parent / "client" / "client.d.ts").read_text()

    @pytest.mark.parametrize("file", ["widget.js", None], ids=["file", "page"])
    def test_is_protected_by_its_headers(self, file: str | None) -> None:
        headers = get(file)["headers"]

        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
        assert "camera=()" in headers["Permissions-Policy"]

    def test_can_be_loaded_by_any_site(self) -> None:
        headers = get("widget.js")["headers"]

        assert headers["Access-Control-Allow-Origin"] == "*"
        assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"

    @pytest.mark.parametrize("offer", ["gzip", "br, gzip;q=0.8", "*", "GZIP"])
    def test_is_compressed_for_who_can_read_that(self, served_files: Path, offer: str) -> None:
        answer = get("widget.js", Accept_Encoding=offer)

        assert answer["headers"]["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in answer["headers"]["Vary"]
        assert gzip.decompress(base64.b64decode(answer["body"])) == (served_files / "widget.js").read_bytes()

    @pytest.mark.parametrize("offer", ["br", "gzip;q=0", "", "identity"])
    def test_is_plain_for_everybody_else(self, served_files: Path, offer: str) -> None:
        answer = get("widget.js", Accept_Encoding=offer)

        assert "Content-Encoding" not in answer["headers"]
        assert "Accept-Encoding" in answer["headers"]["Vary"]
        assert answer["body"] == (served_files / "widget.js").read_text()

    @pytest.mark.parametrize("wrap", ["{}", "W/{}", '"other", {}', "*"])
    def test_is_not_sent_again_to_who_has_it(self, wrap: str) -> None:
        first = get("widget.js", Accept_Encoding="gzip")

        again = get("widget.js", Accept_Encoding="gzip", If_None_Match=wrap.format(first["headers"]["ETag"]))

        assert again["statusCode"] == 304
        assert "body" not in again
        assert again["headers"]["ETag"] == first["headers"]["ETag"]

    def test_has_another_tag_when_compressed(self) -> None:
        plain, packed = get("widget.js"), get("widget.js", Accept_Encoding="gzip")

        assert plain["headers"]["ETag"] != packed["headers"]["ETag"]

    def test_of_an_earlier_release_gives_its_successor_for_now(self, names: list[str]) -> None:
        answer = get("chat.0123456789abcdef.js")

        assert answer["statusCode"] == 200
        assert answer["headers"]["Cache-Control"] == "public, max-age=300"
        assert answer["body"] == get(named(names, "chat", "js"))["body"]

    @pytest.mark.parametrize(
        "file",
        [
            "nothing.js",
            "index.html",
            "manifest.json",
            "__init__.py",
            "../app.py",
            "..%2fapp.py",
            "/etc/passwd",
            "widget.js.gz",
        ],
    )
    def test_that_does_not_exist_is_not_found(self, file: str) -> None:
        answer = get(file)

        assert answer["statusCode"] == 404
        assert json.loads(answer["body"])["code"] == "not_found"
