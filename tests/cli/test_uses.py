"""Clumsy uses of the command line, and what each is answered: the value, what is allowed, and the remedy.

The numbers are those of a list of uses that new users made. Here stand those that one command line shows; what needs
two commands or a fault of the machine is in the tests of the parts that answer it.
"""

import shlex
from pathlib import Path

import pytest

from tests.cli.calling import call

USES: list[tuple[str, str, int, list[str]]] = [
    ("1 nothing", "", 0, ["Usage: vqaprep", "Commands:", "scan", "Find videos, read what they are, and label them."]),
    ("2 -h", "-h", 0, ["Usage: vqaprep", "-h, --help"]),
    ("2 -h of a command", "scan -h", 0, ["Usage: vqaprep scan IN -o OUT", "Example: vqaprep scan"]),
    ("3 --version", "--version", 0, ["vqaprep 0.", "Python"]),
    ("4 version", "version", 0, ["vqaprep 0.", "Python"]),
    ("5 help", "help scan", 0, ["Usage: vqaprep scan IN -o OUT", "Example: vqaprep scan"]),
    ("5 help alone", "help", 0, ["Usage: vqaprep", "Commands:"]),
    ("5 help of nothing", "help scna", 2, ["'scna'", "known: ", "Did you mean 'scan'"]),
    ("6 completion", "--help", 0, ["--install-completion", "--show-completion"]),
    ("8 slips", "scna", 2, ["'scna'", "known: ", "trim", "Did you mean 'scan'"]),
    ("8 slips", "evalute", 2, ["'evalute'", "Did you mean 'evaluate'"]),
    ("8 slips", "stat", 2, ["'stat'", "Did you mean 'status'"]),
    ("9 no such command", "embed", 2, ["'embed'", "known: ", "vqaprep --help says what each"]),
    ("9 no such command", "delete", 2, ["'delete'", "known: ", "vqaprep --help says what each"]),
    ("9 a file for a command", "{study}/fake.mp4", 2, ["fake.mp4 is a file", "vqaprep scan"]),
    ("10 no -o", "scan {study}/videos", 2, ["--out", "folder to write", "Usage: vqaprep scan IN -o OUT", "Example: "]),
    (
        "11 no such IN",
        "scan {study}/nowhere -o {out}",
        2,
        ["nowhere does not exist", "give a video, a folder of videos"],
    ),
    ("11 no such IN, near", "scan {study}/vidoes -o {out}", 2, ["vidoes does not exist", "is the name right"]),
    ("12 OUT is IN", "scan {study}/videos -o {study}/videos", 2, ["videos", "choose another"]),
    ("14 options of others", "scan {study}/videos -o {out} --output x", 2, ["--output", "Did you mean '--out'"]),
    ("14 options of others", "scan {study}/videos -o {out} --worker 2", 2, ["--worker", "Did you mean '--workers'"]),
    ("14 options of others", "scan {study}/videos -o {out} --label x", 2, ["--label", "'--labels'"]),
    ("14 options of others", "trim {study}/videos -o {out} --head 3", 2, ["--head", "'--head-s'"]),
    ("14 options of others", "scan {study}/videos -o {out} --head-s 3", 2, ["--head-s", "option of trim"]),
    ("15 numbers", "scan {study}/videos -o {out} --workers 0", 2, ["--workers 0", "1 or more"]),
    ("15 numbers", "scan {study}/videos -o {out} --workers two", 2, ["--workers 'two'", "a whole number, 1 or more"]),
    ("15 numbers", "scan {study}/videos -o {out} --workers 1.5", 2, ["--workers '1.5'", "a whole number, 1 or more"]),
    ("15 numbers", "scan {study}/videos -o {out} --timeout-s nan", 2, ["--timeout-s nan", "such as 90, 90s, 3m"]),
    ("15 times", "trim {study}/videos -o {out} --head-s 3q", 2, ["--head-s '3q'", "such as 90, 90s, 3m", "0 or more"]),
    ("15 negative", "trim {study}/videos -o {out} --head-s -5", 2, ["--head-s -5", "0 or more"]),
    ("15 too large", "crop {study}/videos -o {out} --margin 9", 2, ["--margin 9", "from 0 to 3"]),
    ("16 choices", "scan {study}/videos -o {out} --engine rey", 2, ["--engine 'rey'", "'slurm'", "Did you mean 'ray'"]),
    ("16 choices", "crop {study}/videos -o {out} --rule biggest", 2, ["--rule 'biggest'", "'left'", "mean 'largest'"]),
    (
        "16 choices",
        "speed {study}/videos -o {out} --task finer",
        2,
        ["--task 'finer'", "'pace'", "Did you mean 'fine'"],
    ),
    ("16 choices", "train action {study}/shards -o {out} --preset smal", 2, ["'smal'", "'paper'", "mean 'small'"]),
    ("16 choices", "shard {study}/clips.parquet -o {out} --measure vmf", 2, ["'vmf'", "'psnr'", "Did you mean 'vmaf'"]),
    ("16 choices", "scan {study}/videos -o {out} --dataset konvid", 2, ["'konvid'", "csiq", "mean 'konvid_1k'"]),
    ("17 a preset", "distort {study}/videos -o {out} --kinds vqa6", 2, ["'vqa6'", "ssl12", "Did you mean 'vqa5'"]),
    ("18 commas", "distort {study}/videos.parquet -o {out} --kinds jpeg,gaussian_blur", 0, ["6 rows"]),
    ("18 repeated", "distort {study}/videos.parquet -o {out} --kinds jpeg --kinds gaussian_blur", 0, ["6 rows"]),
    ("18 commas in a pair", "select {study}/videos.parquet -o {out} --where label=x,label=x", 0, ["1 rows, 1 dropped"]),
    ("19 a part", "distort {study}/videos -o {out} --kinds blur", 2, ["'blur'", "'gaussian_blur'", "'motion_blur'"]),
    ("20 a level", "distort {study}/videos.parquet -o {out} --kinds jpeg --levels 2", 0, ["4 rows"]),
    ("20 levels", "distort {study}/videos.parquet -o {out} --kinds jpeg --levels 1,3", 0, ["6 rows"]),
    (
        "20 no level",
        "distort {study}/videos.parquet -o {out} --kinds jpeg --levels 9",
        2,
        ["'9'", "draw, all", "1 to 5"],
    ),
    ("21 two of three", "split {study}/videos.parquet -o {out} --fractions 0.8 0.2", 2, ["0.8,0.2", "give 3 values"]),
    ("21 not one", "split {study}/videos.parquet -o {out} --fractions 0.8,0.8,0.8", 2, ["--fractions", "sum to 1"]),
    ("21 commas", "split {study}/videos.parquet -o {out} --fractions 0.5,0,0.5", 0, ["2 rows, 0 dropped"]),
    ("21 spaces", "split {study}/videos.parquet -o {out} --fractions 0.5 0 0.5", 0, ["2 rows, 0 dropped"]),
    ("21 then IN", "split --fractions 0.5 0 0.5 {study}/videos.parquet -o {out}", 0, ["2 rows, 0 dropped"]),
    ("21 negative", "split {study}/videos.parquet -o {out} --fractions 1.5 -0.5 0", 2, ["--fractions", "sum to 1"]),
    (
        "22 repeated",
        "split {study}/videos.parquet -o {out} --fractions 0.5 --fractions 0 --fractions 0.5",
        0,
        ["2 rows"],
    ),
    ("22 words", "split {study}/videos.parquet -o {out} --fractions a,b,c", 2, ["--fractions", "give a number"]),
    ("23 too early", "shard {study}/videos.parquet -o {out}", 2, ["holds videos, not clips", "vqaprep speed"]),
    (
        "24 a manifest",
        "train pace_vqa {study}/clips.parquet -o {out}",
        2,
        ["no finished shard folder", "vqaprep shard"],
    ),
    (
        "25 no SYSTEM",
        "train {study}/shards -o {out}",
        2,
        ["needs IN", "was taken as SYSTEM", "speediness", "Example: "],
    ),
    ("26 no such system", "train speedines {study}/shards -o {out}", 2, ["'speedines'", "ssl_v3", "mean 'speediness'"]),
    ("27 no score", "train quality {study}/shards -o {out}", 2, ["needs a score", "--target vmaf", "scan --labels"]),
    ("28 --set", "train pace_vqa {study}/shards -o {out} --set lr=3", 2, ["--set lr=3", "option of `train`", "--lr 3"]),
    ("28 --set", "train pace_vqa {study}/shards -o {out} --set foo=3", 2, ["'foo'", "num_frames"]),
    ("29 exchanged", "evaluate {study}/shards {study}/run -o {out}", 2, ["exchange the two", "evaluate RUN SHARDS -o"]),
    ("29 no shards", "evaluate {study}/run {study}/videos -o {out}", 2, ["a folder of videos", "vqaprep shard CLIPS"]),
    ("30 exchanged", "score {study}/videos {study}/run -o {out}", 2, ["exchange the two", "score RUN VIDEOS -o OUT"]),
    (
        "31 weights",
        "score {study}/run/model.safetensors {study}/videos -o {out}",
        2,
        ["a file of weights", "{study}/run"],
    ),
    ("31 shards", "export {study}/shards -o {out}", 2, ["a shard folder", "no run folder", "vqaprep train SYSTEM"]),
    ("34 nowhere", "report {study}/nowhere", 2, ["nowhere does not exist", "give the OUT folder"]),
    ("34 empty", "report {study}/empty", 2, ["an empty folder", "give the OUT folder"]),
    ("34 videos", "report {study}/videos", 2, ["a folder of videos", "give the OUT folder"]),
    ("34 videos", "status {study}/videos", 2, ["a folder of videos", "give the OUT folder"]),
    ("35 a wrong key", "run {study}/key.toml -o {out}", 2, ["'head'", "tail_s", "Did you mean 'head_s'"]),
    ("36 broken TOML", "run {study}/broken.toml -o {out}", 2, ["line 2", "[[step]", 'run = "scan"']),
    ("36 YAML", "run {study}/steps.yaml -o {out}", 2, ["steps.yaml is not TOML", "not YAML", 'run = "scan"']),
    ("37 a wrong value", "run {study}/value.toml -o {out}", 2, ["step 2 (crop)", "rule 'big'", "'largest'"]),
    ("38 a packaged one", "run demo -o {out} --input {study}/videos --dry-run", 0, ["would run scan", "12-evaluate"]),
    ("38 no such file", "run {study}/demos.toml -o {out}", 2, ["demos.toml does not exist", "demo", "run --help"]),
    ("38 a folder", "run {study}/videos -o {out}", 2, ["is a folder", "give a pipeline file"]),
    ("38 help", "run --help", 0, ["Packaged pipelines", "demo:", "papers/ssl_v3/"]),
    ("39 no film", "scan {study}/text.txt -o {out} --workers 1", 1, ["1 of 1 rows dropped", "unreadable", "text.txt"]),
    (
        "40 two folders",
        "scan {study}/videos {study}/other -o {out}",
        2,
        ["takes one IN", "the one folder that holds them"],
    ),
    ("40 a pattern", "scan {study}/fake.mp4 {study}/text.txt -o {out}", 2, ["such as *.mp4", "Usage: vqaprep scan IN"]),
    (
        "41 quoted pattern",
        "scan '{study}/videos/*.mp4' -o {out}",
        2,
        ["does not exist", "Patterns in quotes", "give the"],
    ),
    ("41 quoted ~", "scan '~/no such videos' -o {out}", 2, ["does not exist", "give a video"]),
    (
        "41 web",
        "scan https://example.com/a.mp4 -o {out}",
        2,
        ["https://example.com/a.mp4", "s3://", "Download the file"],
    ),
    ("42 no such table", "scan {study}/videos -o {out} --labels {study}/no.csv", 2, ["no.csv", "does not exist"]),
    ("42 key", "scan {study}/videos -o {out} --labels {study}/no-key.csv", 2, ["no column path", "--column path="]),
    ("42 word", "scan {study}/videos -o {out} --labels {study}/word.csv", 2, ["word.csv line 2", "'vier'", "number"]),
    ("43 twice", "scan {study}/videos -o {out} --labels {study}/twice.csv", 2, ["line 3", "contradicts", "line 2"]),
    ("45 no shards", "verify {study}/videos", 2, ["a folder of videos", "no finished shard folder", "vqaprep shard"]),
    ("46 nothing to compare", "compare -o {out}", 2, ["needs EVALUATIONS", "Usage: vqaprep compare", "Example: "]),
    ("46 no evaluation", "compare {study}/run -o {out}", 2, ["no finished evaluation", "vqaprep evaluate RUN SHARDS"]),
    ("47 too much", "doctor x", 2, ["takes no argument", "'x'", "Usage: vqaprep doctor"]),
    ("48 no such sample", "samples {out} --only nothing", 2, ["'nothing'", "\n  actions/", "scenes/bikes.mp4"]),
    ("52 a CSV manifest", "trim {study}/paths.csv -o {out}", 2, ["paths.csv", "vqaprep scan"]),
    ("56 help", "train -h", 0, ["speediness: ", "epochs 400", "pace_vqa: ", "batch 32", "lr 0.01"]),
    ("56 help", "distort -h", 0, ["gaussian_blur", "vqa5: ", "packet_loss"]),
    ("56 help", "scan -h", 0, ["konvid_1k: KoNViD-1k", "default: 120 s", "ray|slurm"]),
    ("56 an unread option", "train action {study}/shards -o {out} --workers 2", 2, ["--workers", "--loader-workers"]),
    ("56 an unread option", "evaluate {study}/run {study}/shards -o {out} --engine ray", 2, ["no option --engine"]),
    ("63 a bucket", "scan s3:// -o {out}", 2, ["names no bucket", "s3://bucket/folder"]),
]


@pytest.mark.parametrize("use", USES, ids=[f"{use[0]} {number}" for number, use in enumerate(USES)])
def test_a_use_is_answered(
    use: tuple[str, str, int, list[str]], study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, words, code, said = use
    places = {"study": str(study), "out": str(tmp_path / "out")}
    ended = call(word.format(**places) for word in shlex.split(words))
    answer = capsys.readouterr()
    shown = answer.out + answer.err
    on_one_line = " ".join(shown.split())
    assert ended == code, shown
    assert [text for text in said if text.format(**places) not in (shown if "\n" in text else on_one_line)] == [], shown
    assert "Traceback" not in shown and "pydantic" not in shown
    if code == 2:
        assert answer.out == "" and not (tmp_path / "out" / "run.json").exists()
        assert answer.err.startswith("vqaprep: ")


def test_the_module_is_the_command_line() -> None:
    import runpy
    import sys
    from unittest.mock import patch

    with patch.object(sys, "argv", ["vqaprep", "--version"]):
        runpy.run_module("vqaprep", run_name="__main__")


@pytest.mark.parametrize("name", ["0.8", "1", "2e3"])
def test_a_folder_with_the_name_of_a_number_is_an_argument(
    name: str, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(["distort", study / "videos.parquet", "-o", name, "--kinds", "jpeg"]) == 0
    assert call(["split", "-o", "apart", "--fractions", "0.5", "0", "0.5", name]) == 0
    assert call(["split", "-o", "commas", "--fractions", "0.5,0,0.5", name]) == 0
    assert call(["split", "-o", "again", "--fractions", "0.5", "--fractions", "0", "--fractions", "0.5", name]) == 0
