"""What is shipped beside vqaprep is listed, with its licence; the threat model names real files and options."""

import json
import re
import tomllib
from importlib import metadata
from pathlib import Path

from docs import licences, lock

ROOT = Path(__file__).parent.parent


def plain(requirement: str) -> str:
    name = re.match(r"[\w.-]+", requirement)
    assert name is not None
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def test_every_package_that_a_user_installs_is_listed_with_a_licence() -> None:
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| ([\w-]+) \| [^|]+ \| ([^|]+) \|", page, flags=re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(one for name in ("train", "ocr", "ray", "s3") for one in extras[name])]
    missing = {plain(one) for one in wanted if not one.startswith("vqaprep")} - listed.keys()
    assert missing == set()
    assert all(licence.strip() for licence in listed.values())
    assert page.count("GPL-") >= 2 and "x264" in page


def test_the_bill_of_materials_is_cyclonedx_of_what_is_installed() -> None:
    bill = json.loads(licences.sbom())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    parts = {part["name"]: part for part in bill["components"]}
    assert parts["numpy"]["version"] == metadata.version("numpy")
    assert all(part["purl"] == f"pkg:pypi/{name}@{part['version']}" for name, part in parts.items())


def test_the_threat_model_and_the_image_name_what_is_there() -> None:
    said = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    for path in re.findall(r"`((?:vqaprep|docs)/[\w/.]+)`", said):
        assert (ROOT / path).exists(), path
    for option in ("--network none", "--read-only", "--cap-drop ALL", "no-new-privileges", "--memory"):
        assert option in said
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for copied in re.findall(r"^COPY (.+) \./", image, flags=re.MULTILINE):
        assert all((ROOT / name).exists() for name in copied.split())


def test_the_lock_has_a_checksum_for_every_pin_but_the_builds_that_differ_by_index() -> None:
    lines = (ROOT / "locks" / "linux-x86_64-cp311.txt").read_text(encoding="utf-8").splitlines()
    found = [re.fullmatch(r"([\w.-]+)==(\S+) --hash=sha256:[0-9a-f]{64}", line) for line in lines[1:]]
    assert all(found)
    locked = {(plain(one[1]), one[2]) for one in found if one is not None}
    assert locked == {(plain(name), version) for name, _, version in (pin.partition("==") for pin in lock.pins())}


def test_a_lock_is_what_pip_reports() -> None:
    archive = {"archive_info": {"hashes": {"sha256": "ab" * 32}}}
    report = {"install": [{"metadata": {"name": "NumPy", "version": "2.4.6"}, "download_info": archive}]}
    assert lock.locked(report) == [f"numpy==2.4.6 --hash=sha256:{'ab' * 32}"]
