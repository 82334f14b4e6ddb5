"""Lay the page's files out for the layer: `python3 package.py <folder>` fills <folder>/visitor_page.

The sources run in a browser as they are. What is served differs in three ways only: the modules that are loaded when
the chat is opened travel as one file (a dozen requests would each be a Lambda invocation), comments, types, blanks
and the private names of classes stay at home, and every name but those that sites write down carries a hash of its
content, so that browsers may keep the file for good.
"""

import base64
import gzip
import hashlib
import json
import re
import sys
from collections import Counter
from pathlib import Path
from string import ascii_letters

SOURCE = Path(__file__).parent
VIEW = SOURCE / "view"
CLIENT = SOURCE / "client"
PACKAGE = "visitor_page"
PAGE = "index.html"
# What sites embed, import and read keeps its name.
ENTRY = "widget.js"
PUBLISHED = ("client.js", "client.d.ts")
WORKER = "worker.js"
LASTING_NAMES = (ENTRY, PAGE, WORKER, *PUBLISHED)
# What others load comes before them, so that they know its name.
OPENED = (
    "cards.js",
    "push.js",
    "moments.js",
    "seldom.js",
    "sound.js",
    "chat.js",
    "texts_en.js",
    "texts_fi.js",
    "texts_sv.js",
    "chat.css",
)
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ts": "text/plain; charset=utf-8",
}
IMPORT = re.compile(r'^import .* from "(\.{1,2}/[\w/]+\.js)";\n', re.MULTILINE)
TYPES = re.compile(r"/\*\*.*?\*/ ?", re.DOTALL)
# A field that is written down for its type alone: it is undefined with or without it.
DECLARATION = re.compile(r"^ +/\*\* @type .*\*/ \w+;\n", re.MULTILINE)
EXPORT_NOTHING = "export {};\n"
# Two slashes between blanks, to the end of the line: no text of the page holds that.
COMMENT = re.compile(r"(^|\s)// .*$|^\s*//$")
# Behind these no line has to end, in a script or in a style that it holds.
NEEDLESS_BREAK = re.compile(r"(?<=[{;,(\[])\n")
# Blanks around signs mean nothing in code; in texts, templates and regular expressions they do.
LITERAL = re.compile(
    r""" "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | `(?:\\.|[^`\\])*` """
    r""" | (?:(?<=[(=,:!])|(?<=[=,:?&|>]\ ))/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/ """,
    re.VERBOSE,
)
NEEDLESS_BLANK = re.compile(r"(?<=[=<>!&|?:,;{}()\[\]]) +| +(?=[=<>!&|?:,;{}()\[\]])")
# Where it is declared or used: a colour in a style stands elsewhere.
PRIVATE_NAME = re.compile(r"((?:^ *(?:static |async |get |set )*|\.)#)([a-z]\w*)", re.MULTILINE)
TOP_LEVEL_NAME = re.compile(r"^(?:export )?(?:async )?(?:const|let|class|function) (\w+)", re.MULTILINE)


def modules_of(module: Path) -> list[Path]:
    """Return a module and all that it imports, each after what it needs."""
    found: dict[Path, None] = {}

    def visit(module: Path) -> None:
        for address in IMPORT.findall(module.read_text("utf-8")):
            needed = (module.parent / address).resolve()
            if needed not in found:
                visit(needed)
        found[module] = None

    visit(module.resolve())
    return list(found)


def joined(module: Path) -> str:
    """Return a module with its imports in one text. Two of them must not use one name at the top level."""
    texts = {needed.name: needed.read_text("utf-8") for needed in modules_of(module)}
    names = [top for text in texts.values() for top in TOP_LEVEL_NAME.findall(text)]
    twice = {top for top in names if names.count(top) > 1}
    if twice:
        raise SystemExit(f"{module.name}: {', '.join(sorted(twice))} is declared in two of {', '.join(texts)}")
    bodies = [IMPORT.sub("", text) for text in texts.values()]
    inner = [re.sub(r"^export ", "", body, flags=re.MULTILINE) for body in bodies[:-1]]
    return "".join([*inner, bodies[-1]]).replace(EXPORT_NOTHING, "")


def trimmed_script(text: str) -> str:
    """Leave out comments, types and blanks, and shorten private names; what is left is never touched."""
    lines = (COMMENT.sub("", line).strip() for line in shortened(TYPES.sub("", DECLARATION.sub("", text))).splitlines())
    return NEEDLESS_BREAK.sub("", compact("\n".join(line for line in lines if line))) + "\n"


def compact(script: str) -> str:
    """Leave out the blanks around signs, in code alone."""
    parts, end = [], 0
    for literal in LITERAL.finditer(script):
        parts += [NEEDLESS_BLANK.sub("", script[end : literal.start()]), literal[0]]
        end = literal.end()
    return "".join([*parts, NEEDLESS_BLANK.sub("", script[end:])])


def shortened(text: str) -> str:
    """Return a script whose private names are one or two letters, the most frequent ones first."""
    counted = Counter(name for _place, name in PRIVATE_NAME.findall(text))
    short = (first + second for first in ("", *ascii_letters) for second in ascii_letters)
    names = {name: next(short) for name, _count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))}
    return PRIVATE_NAME.sub(lambda found: found[1] + names[found[2]], text)


def trimmed_style(text: str) -> str:
    """Leave out comments and the blanks that mean nothing: around {, }, ; and commas, and after a property's colon."""
    without_comments = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"\s*([{};,])\s*", r"\1", without_comments).replace(": ", ":").strip() + "\n"


def served_text(name: str) -> str:
    """Return a file as it is served, where it lies one folder nearer to the API's address."""
    source = (CLIENT if name in PUBLISHED else VIEW) / name
    if name.endswith(".js"):
        return trimmed_script(joined(source)).replace('"../../"', '"../"')
    text = source.read_text("utf-8")
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
    for name in (*OPENED, "page.js", "page.css", "icon.svg"):
        content = renamed(served_text(name), names).encode()
        names[name] = hashed_name(name, content)
        contents[names[name]] = content
    for name in (*PUBLISHED, WORKER, ENTRY, PAGE):
        contents[name] = renamed(served_text(name), names).encode()
    return contents


def entry(name: str, content: bytes) -> dict[str, object]:
    return {
        "content_type": CONTENT_TYPES[Path(name).suffix],
        "etag": digest(content),
        "is_immutable": name not in LASTING_NAMES,
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
