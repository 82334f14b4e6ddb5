"""What the pages say of the tree is so: links lead somewhere, commands exist, versions agree."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from tests import schemas
from tests.template import ROOT, template

HOMES = ("functions", "layers/giosg_client", "web", "local", "operations")
SOURCES = {".py", ".js", ".ts"}
LONGEST_FIRST_PAGE = 150
FOR_EMULATORS = {"ExecuteApiHost", "ExecuteSocketHost"}
UNNAMED = {"__init__", "__main__"}
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "bench/README.md"])


def of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """Return what headings can be linked to by, in GitHub's way."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=of)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text()):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=of)
def test_a_command_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)(?:[A-Z_]+=\S+ )*make ([a-z-]+)", page.read_text(), re.MULTILINE))

    assert named - targets == set()


def test_the_first_page_stays_short_and_leads_to_all_others() -> None:
    text = (ROOT / "README.md").read_text()

    assert len(text.splitlines()) <= LONGEST_FIRST_PAGE
    assert [of(page) for page in PAGES if page.parent == ROOT / "docs" and f"({of(page)})" not in text] == []


def test_every_parameter_of_the_template_is_described() -> None:
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / "docs/parameters.md").read_text(), re.MULTILINE)
    described = {name for row in rows for name in re.findall(r"`(\w+)`", row)}

    assert set(template()["Parameters"]) - described - FOR_EMULATORS == set()


def test_the_list_of_changes_and_the_descriptions_are_of_the_projects_version() -> None:
    versions = re.findall(r"^## (\d+\.\d+\.\d+) - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert versions[0] == project["version"]
    assert {schemas.document(name)["info"]["version"] for name in schemas.DOCUMENTS} == {project["version"]}


def test_somebody_looks_after_every_lock_file() -> None:
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]
    watched = {folder for update in updates for folder in update.get("directories", [])}
    places = [ROOT / "layers", ROOT / "requirements", ROOT / "tests", ROOT / "web"]
    locks = [
        lock
        for place in places
        for name in ("package-lock.json", "*.in")
        for lock in place.rglob(name)
        if "node_modules" not in lock.parts
    ]

    assert {f"/{lock.parent.relative_to(ROOT)}" for lock in locks} == watched


def test_everything_is_tried_on_the_oldest_python_and_on_lambdas() -> None:
    job = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]["everything"]
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">=")
    lambdas = template()["Globals"]["Function"]["Runtime"].removeprefix("python")

    assert job["strategy"]["matrix"]["python"] == [oldest, lambdas]
    assert job["steps"][-1] == {"run": ".ci/run"}


def listed() -> set[str]:
    """Return the modules that the architecture's page lists, each as the path of its file without a suffix."""
    text = (ROOT / "docs/architecture.md").read_text().partition("## Every module in a line")[2]
    found = set()
    for folder, lines in re.findall(r"^### `(.*)/`\n\n((?:- .*\n)+)", text, re.MULTILINE):
        names = [name for line in lines.splitlines() for name in re.findall(r"`(\w[\w.]*)`", line.partition(": ")[0])]
        found |= {f"{folder}/{name}/app" if folder == "functions" else f"{folder}/{name}" for name in names}
    return found


def modules() -> set[str]:
    files = [file.relative_to(ROOT) for home in HOMES for file in (ROOT / home).rglob("*") if file.suffix in SOURCES]
    return {
        str(file.with_suffix("")) for file in files if "node_modules" not in file.parts and file.stem not in UNNAMED
    }


def test_the_architecture_names_every_module_and_no_other() -> None:
    assert sorted(modules() - listed()) == []
    assert sorted(listed() - modules()) == []
