"""Upload the code of a built template, as `sam package` does.

The archives are kept beside the built template, so that the next upload has only to read them.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

from local.stack.builds import fingerprint
from local.stack.emulator import REGION
from local.stack.http_api import load_template

BUCKET = "local-code"
CODE_PROPERTIES = ("CodeUri", "ContentUri")


def upload(template: Path, *, storage: Any) -> dict[str, Any]:
    """Upload the code to a bucket of its own and return the template that names it there.

    Args:
        template: the built template; its code is in folders beside it.
        storage: a client of S3.
    """
    content = load_template(template)
    make_bucket(storage)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda place: upload_code(*place, template=template, storage=storage), code_places(content)))
    return content


def make_bucket(storage: Any) -> None:
    """Make the bucket; it may be there already, and is our own then."""
    with suppress(storage.exceptions.BucketAlreadyOwnedByYou):
        storage.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})


def code_places(content: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Return the properties that name a folder of code, each with the name of the one that does."""
    return [
        (resource["Properties"], name)
        for resource in content["Resources"].values()
        for name in CODE_PROPERTIES
        if isinstance(resource.get("Properties", {}).get(name), str)
    ]


def upload_code(properties: dict[str, Any], name: str, *, template: Path, storage: Any) -> None:
    """Upload a folder under a name that its content makes: what has not changed is not deployed again."""
    folder = template.parent / properties[name]
    key = f"{folder.name}-{fingerprint(folder, ['.'])}.zip"
    storage.upload_file(str(archived(folder)), BUCKET, key)
    properties[name] = f"s3://{BUCKET}/{key}"


def archived(folder: Path) -> Path:
    """Return the folder's archive; `sam build` empties the place where it is kept.

    It is not compressed: every function of the emulator unpacks it for itself.
    """
    archive = folder.with_name(f"{folder.name}.zip")
    if not archive.exists():
        with TemporaryDirectory(dir=folder.parent) as unfinished:
            write_archive(Path(unfinished, "code.zip"), folder).replace(archive)
    return archive


def write_archive(archive: Path, folder: Path) -> Path:
    with ZipFile(archive, "w") as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, path.relative_to(folder))
    return archive
