"""What is in the layer that is deployed."""

import json
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from local.stack import builds

import build_layer

LARGEST_BYTES = 6_000_000


@pytest.fixture(scope="module")
def layer() -> Path:
    return builds.build().parent / "GiosgClientLayer"


def test_the_layer_holds_our_packages_and_what_they_need(layer: Path) -> None:
    packages = {path.name for path in (layer / "python").iterdir()}

    assert packages >= {*build_layer.OWN_PACKAGES, "aws_lambda_powertools", "botocore", "requests", "urllib3"}


def test_the_layer_is_pure_python(layer: Path) -> None:
    assert not [path for path in layer.rglob("*") if path.suffix in {".so", ".pyd", ".dylib"}]


def test_the_layer_has_no_package_metadata_and_no_tests(layer: Path) -> None:
    assert not [path for path in layer.rglob("*") if path.suffix == ".dist-info" or path.name == "tests"]


def test_botocore_knows_just_the_services_that_are_called(layer: Path) -> None:
    data = layer / "python/botocore/data"

    assert {path.name for path in data.iterdir() if path.is_dir()} == build_layer.SERVICES
    for partition in json.loads((data / "endpoints.json").read_bytes())["partitions"]:
        assert partition["services"].keys() <= build_layer.SERVICES


def test_every_module_of_ours_is_compiled(layer: Path) -> None:
    for package in build_layer.OWN_PACKAGES:
        for module in (layer / "python" / package).rglob("*.py"):
            assert list((module.parent / "__pycache__").glob(f"{module.stem}.*.pyc")), module


def test_all_files_carry_the_same_time(layer: Path) -> None:
    assert {path.stat().st_mtime for path in layer.rglob("*.py*")} == {build_layer.BUILT_AT_SECONDS}


def test_the_layer_is_small(layer: Path, tmp_path: Path) -> None:
    archive = tmp_path / "layer.zip"
    with ZipFile(archive, "w", compression=ZIP_DEFLATED) as file:
        for path in layer.rglob("*"):
            file.write(path, path.relative_to(layer))

    assert archive.stat().st_size < LARGEST_BYTES


def test_an_interpreter_that_does_not_run_is_no_runtime(tmp_path: Path) -> None:
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)

    assert not build_layer.is_runtime_python(shim)
    assert not build_layer.is_runtime_python(tmp_path / "nowhere")
