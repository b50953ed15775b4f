"""An exported run needs nothing of ours, and says what the network says."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.evaluation.conftest import MakeRun
from vqaprep.errors import InputError, VqaprepError
from vqaprep.evaluation.export import export
from vqaprep.evaluation.exported_files import FORMATS, Names
from vqaprep.evaluation.trained import load_run
from vqaprep.jobs import Common, get_job

SYSTEMS = ("action", "dualpath_vqa", "quality", "speediness", "ssl_v3")


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_file_says_what_the_network_says(system: str, make_run: MakeRun, tmp_path: Path) -> None:
    trained = load_run(make_run(system))
    made = export(trained, tmp_path)
    assert made.max_difference < 1e-5
    described = json.loads((tmp_path / "export.json").read_text())
    (clip,) = described["inputs"]
    pixels = torch.rand(5, *clip["shape"][1:])
    outputs = torch.jit.load(str(tmp_path / described["file"]))(pixels)  # type: ignore[no-untyped-call]  # torch has none
    expected = trained.predict({"clip": pixels})
    for output, value in zip(described["outputs"], outputs, strict=True):
        torch.testing.assert_close(value, expected[output["name"]])
        assert list(value.shape[1:]) == output["shape"][1:]


def test_a_network_without_an_onnx_form_is_refused_in_words(make_run: MakeRun, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    (made := tmp_path / "made").mkdir()
    with pytest.raises(VqaprepError, match=r"cannot be written as ONNX \(.*\); use --format torchscript"):
        export(load_run(make_run("quality")), made, form="onnx")
    assert not list(made.iterdir())


@pytest.mark.parametrize("system", [system for system in SYSTEMS if system != "quality"])
def test_an_onnx_file_says_what_the_network_says(system: str, make_run: MakeRun, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    import onnxruntime

    trained = load_run(make_run(system))
    assert export(trained, tmp_path, form="onnx").max_difference < 1e-4
    described = json.loads((tmp_path / "export.json").read_text())
    (clip,) = described["inputs"]
    pixels = torch.rand(5, *clip["shape"][1:])
    session = onnxruntime.InferenceSession(tmp_path / described["file"], providers=["CPUExecutionProvider"])
    names = [output["name"] for output in described["outputs"]]
    expected = trained.predict({"clip": pixels})
    for name, value in zip(names, session.run(names, {clip["name"]: pixels.numpy()}), strict=True):
        torch.testing.assert_close(torch.from_numpy(value), expected[name], atol=1e-4, rtol=1e-4)


def test_the_description_names_the_classes(make_run: MakeRun, tmp_path: Path) -> None:
    export(load_run(make_run("ssl_v3")), tmp_path)
    label, quality = json.loads((tmp_path / "export.json").read_text())["outputs"]
    assert label == {"name": "label", "shape": ["batch", 2], "classes": ["x", "y"]}
    assert quality == {"name": "quality", "shape": ["batch"], "better": "higher"}


def test_a_system_that_compares_takes_two_clips(fragments: Path, make_run: MakeRun, tmp_path: Path) -> None:
    export(load_run(make_run("st_vqrl", on=fragments)), tmp_path)
    assert [one["name"] for one in json.loads((tmp_path / "export.json").read_text())["inputs"]] == [
        "clip",
        "reference",
    ]


def test_a_file_that_differs_is_refused(make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = load_run(make_run("dualpath_vqa"))
    real = FORMATS["torchscript"]

    def write_wrong(plain: torch.nn.Module, example: tuple[torch.Tensor, ...], target: Path, names: Names) -> None:
        bias = trained.model.get_parameter("score.2.bias")
        bias.add_(1e-3)
        real.write(plain, example, target, names)
        bias.sub_(1e-3)

    monkeypatch.setitem(FORMATS, "torchscript", replace(real, write=write_wrong))
    with pytest.raises(VqaprepError, match="differs from the network by 0"):
        export(trained, tmp_path)
    assert not (tmp_path / "export.json").exists()


def test_the_job_reports_the_difference(make_run: MakeRun, tmp_path: Path) -> None:
    job, run, out = get_job("export"), make_run("dualpath_vqa"), tmp_path / "out"
    (line,) = job.run(run, out, job.settings(), Common())
    assert line.startswith(f"{out / 'model.pt'}: clip -> quality; differs by ")
    assert job.run(run, out, job.settings(), Common()) == [f"{out}: already done"]
    with pytest.raises(InputError, match="no run folder"):
        job.run(tmp_path, tmp_path / "other", job.settings(), Common())
