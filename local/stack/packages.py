"""Upload the code of a built template, as `sam package` does.

The archives are kept beside the built template, so that the next upload has only to read them.
"""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

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
    storage.create_bucket(Bucket=BUCKET)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda place: upload_code(*place, template=template, storage=storage), code_places(content)))
    return content


def code_places(content: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Return the properties that name a folder of code, each with the name of the one that does."""
    return [
        (resource["Properties"], name)
        for resource in content["Resources"].values()
        for name in CODE_PROPERTIES
        if isinstance(resource.get("Properties", {}).get(name), str)
    ]


def upload_code(properties: dict[str, Any], name: str, *, template: Path, storage: Any) -> None:
    archive = archived(template.parent / properties[name])
    storage.upload_file(str(archive), BUCKET, archive.name)
    properties[name] = f"s3://{BUCKET}/{archive.name}"


def archived(folder: Path) -> Path:
    """Return the folder's archive; `sam build` empties the place where it is kept."""
    archive = folder.with_name(f"{folder.name}.zip")
    if not archive.exists():
        with TemporaryDirectory(dir=folder.parent) as unfinished:
            Path(shutil.make_archive(f"{unfinished}/code", "zip", folder)).replace(archive)
    return archive
