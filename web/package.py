"""Lay the page's files out for the layer: `python3 package.py <folder>` fills <folder>/visitor_page.

The sources run in a browser as they are. What is served differs in three ways only: the modules that are loaded when
the chat is opened travel as one file (a dozen requests would each be a Lambda invocation), comments and indentation
stay at home, and every name but widget.js carries a hash of its content, so that browsers may keep the
file for good.
"""

import base64
import gzip
import hashlib
import json
import re
import sys
from pathlib import Path

SOURCE = Path(__file__).parent
PACKAGE = "visitor_page"
PAGE = "index.html"
# What sites embed keeps its name.
ENTRY = "widget.js"
OPENED = "chat.js"
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
IMPORT = re.compile(r'^import .* from "\./(\w+\.js)";\n', re.MULTILINE)
# Two slashes between blanks, to the end of the line: no text of the page holds that.
COMMENT = re.compile(r"(^|\s)// .*$|^\s*//$")
TOP_LEVEL_NAME = re.compile(r"^(?:export )?(?:async )?(?:const|let|class|function) (\w+)", re.MULTILINE)


def modules_of(name: str) -> list[str]:
    """Return a module and all that it imports, each after what it needs."""
    found: dict[str, None] = {}

    def visit(module: str) -> None:
        for needed in IMPORT.findall((SOURCE / module).read_text("utf-8")):
            if needed not in found:
                visit(needed)
        found[module] = None

    visit(name)
    return list(found)


def joined(name: str) -> str:
    """Return a module with its imports in one text. Two of them must not use one name at the top level."""
    texts = {module: (SOURCE / module).read_text("utf-8") for module in modules_of(name)}
    names = [top for text in texts.values() for top in TOP_LEVEL_NAME.findall(text)]
    twice = {top for top in names if names.count(top) > 1}
    if twice:
        raise SystemExit(f"{name}: {', '.join(sorted(twice))} is declared in two of {', '.join(texts)}")
    bodies = [IMPORT.sub("", text) for text in texts.values()]
    inner = [re.sub(r"^export ", "", body, flags=re.MULTILINE) for body in bodies[:-1]]
    return "".join([*inner, bodies[-1]])


def trimmed_script(text: str) -> str:
    """Leave out comments, blank lines and indentation; code itself is never touched."""
    lines = (COMMENT.sub("", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def trimmed_style(text: str) -> str:
    """Leave out comments and the blanks that mean nothing: around {, }, ; and commas, and after a property's colon."""
    without_comments = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"\s*([{};,])\s*", r"\1", without_comments).replace(": ", ":").strip() + "\n"


def served_text(name: str) -> str:
    if name.endswith(".js"):
        return trimmed_script(joined(name))
    text = (SOURCE / name).read_text("utf-8")
    return trimmed_style(text) if name.endswith(".css") else text


def digest(content: bytes) -> str:
    """Return the 16 characters of the content's hash that name and tag it."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest())[:16].decode().replace("-", "a").replace("_", "b")


def hashed_name(name: str, content: bytes) -> str:
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}.{digest(content)}{dot}{suffix}"


def renamed(text: str, names: dict[str, str]) -> str:
    """Return a text whose references (./chat.js in scripts, chat/page.css in the page) use the hashed names."""
    for name, new in names.items():
        text = text.replace(f'"./{name}"', f'"./{new}"').replace(f'"chat/{name}"', f'"chat/{new}"')
    return text


def files() -> dict[str, bytes]:
    """Return the served files by name, the page last."""
    names: dict[str, str] = {}
    contents: dict[str, bytes] = {}
    for name in (OPENED, "chat.css", "page.js", "page.css", "icon.svg"):
        content = served_text(name).encode()
        names[name] = hashed_name(name, content)
        contents[names[name]] = content
    for name in (ENTRY, PAGE):
        contents[name] = renamed(served_text(name), names).encode()
    return contents


def entry(name: str, content: bytes) -> dict[str, object]:
    return {
        "content_type": CONTENT_TYPES[Path(name).suffix],
        "etag": digest(content),
        "is_immutable": name not in (ENTRY, PAGE),
    }


def write_package(target: Path) -> None:
    """Write the files, each also gzipped, and manifest.json that describes them. The same sources, the same bytes."""
    folder = target / PACKAGE
    folder.mkdir(parents=True, exist_ok=True)
    contents = files()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        (folder / f"{name}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
    manifest = {name: entry(name, content) for name, content in contents.items()}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), "utf-8")
    (folder / "__init__.py").write_text('"""The visitor\'s page, ready to be served."""\n', "utf-8")


if __name__ == "__main__":
    write_package(Path(sys.argv[1]))
