"""A pipeline file grows: on a base, over values, with named inputs; and everything is checked before any work."""

from pathlib import Path

import pytest

from vqaprep.errors import InputError
from vqaprep.jobs import Common
from vqaprep.jobs.pipeline import PipelineSettings, run_pipeline
from vqaprep.jobs.plan import PipelinePlan
from vqaprep.packages.packaged import pipeline_file
from vqaprep.settings import read_pipeline

FOLDS = """
summary = "folds"
input = "videos"
inputs = { other = "another data set" }
each = { fold = [0, 1], size = [32, 64] }
[[step]]
run = "scan"
[[step]]
run = "shard"
size_px = "{size}"
[[step]]
run = "train"
system = "speediness"
seed = "{fold}"
[[step]]
run = "evaluate"
out = "{row}-evaluate"
shards = "shard"
[[step]]
run = "compare"
evaluations = ["evaluate"]
[[step]]
run = "scan"
name = "others"
in = "other"
"""
INPUTS = {"input": Path("videos"), "other": Path("others")}


def plan(text: str, path: Path, *, inputs: dict[str, Path] | None = None) -> PipelinePlan:
    file = path / "row1.toml"
    file.write_text(text, encoding="utf-8")
    return PipelinePlan(read_pipeline(file), file, Path("out"), INPUTS if inputs is None else inputs, seed=7)


def test_a_step_is_done_for_each_value_it_names_or_reads(tmp_path: Path) -> None:
    folders = [one.folder.name for one in plan(FOLDS, tmp_path).work]
    assert folders[:3] == ["01-scan", "02-shard-size-32", "02-shard-size-64"]
    trained = [f"03-train-fold-{fold}-size-{size}" for fold in (0, 1) for size in (32, 64)]
    assert folders[3:7] == trained
    assert folders[7:11] == [name.replace("03-train", "row1-evaluate") for name in trained]
    assert folders[11:] == ["05-compare", "06-others"]


def test_a_copy_reads_the_copies_that_fit_it(tmp_path: Path) -> None:
    work = plan(FOLDS, tmp_path).work
    assert [(one.settings.size_px, one.source.name) for one in work[1:3]] == [(32, "01-scan"), (64, "01-scan")]
    assert [one.seed for one in work[3:7]] == [0, 0, 1, 1]
    assert [one.source.name[-2:] for one in work[3:7]] == ["32", "64", "32", "64"]
    assert [one.settings.shards.name[-2:] for one in work[7:11]] == ["32", "64", "32", "64"]
    assert [path.name for path in work[11].settings.evaluations] == [one.folder.name for one in work[7:11]]
    assert work[12].source == Path("others") and work[12].seed == 7


@pytest.mark.parametrize("values", [10, 3])
def test_words_that_multiply_beyond_sense_are_refused_at_once(tmp_path: Path, values: int) -> None:
    words = [f"w{number}" for number in range(7)]
    each = "".join(f"{word} = {list(range(values))}\n" for word in words)
    name = "".join(f"{{{word}}}" for word in words)
    text = f'input = "in"\n[each]\n{each}[[step]]\nrun = "scan"\nname = "x{name}"\n'
    with pytest.raises(InputError, match=rf"step 1 \(scan\) would be done {values**7:,} times .*at most 2,000"):
        plan(text, tmp_path)


def test_a_word_without_a_value_is_refused(tmp_path: Path) -> None:
    text = 'input = "in"\n[each]\nfold = []\n[[step]]\nrun = "scan"\nname = "x{fold}"\n'
    with pytest.raises(InputError, match="fold has no value; give at least one"):
        plan(text, tmp_path)


def test_a_file_changes_the_steps_of_its_base(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(FOLDS, encoding="utf-8")
    text = 'base = "base.toml"\nsummary = "tiny"\n[each]\nfold = [5]\n[change.train]\npreset = "tiny"\n'
    made = plan(text + '[[step]]\nrun = "scan"\nname = "more"\n', tmp_path)
    assert [one.settings.preset for one in made.work[3:5]] == ["tiny", "tiny"]
    assert made.work[3].folder.name == "03-train-fold-5-size-32"
    assert made.work[-1].folder.name == "07-more"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("base = 'none.toml'", "none.toml does not exist"),
        ("base = 'base.toml'\n[change.tran]\npreset = 'tiny'", "Did you mean 'train'"),
        ("base = 'base.toml'\n[change.train]\nseed = '{sed}'", r"\{sed\} has no values"),
        ("base = 'base.toml'\n[change.train]\npreset = 'huge'", "step 3 \\(train\\)"),
    ],
)
def test_a_wrong_base_or_change_is_told(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "base.toml").write_text(FOLDS, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        plan(text, tmp_path)


def test_an_input_that_was_not_given_is_told_with_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"reads other \(another data set\); give it with --input other=FOLDER"):
        plan(FOLDS, tmp_path, inputs={"input": Path("videos")})


def test_inputs_are_given_by_name_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(FOLDS, encoding="utf-8")
    settings = PipelineSettings(input=(str(tmp_path / "in"), f"other={tmp_path / 'in'}"))
    lines = run_pipeline(tmp_path / "p.toml", tmp_path / "out", settings, Common(dry_run=True))
    assert len(lines) == 13


def test_a_published_number_belongs_to_a_step(tmp_path: Path) -> None:
    published = '[[published]]\npaper = "p"\ntable = "1"\nrow = "r"\nstep = "{}"\nvalues = {{ accuracy = 0.5 }}\n'
    with pytest.raises(InputError, match="Did you mean 'compare'"):
        plan(FOLDS + published.format("compar"), tmp_path)
    found = plan(FOLDS + published.format("compare"), tmp_path)
    assert [path.name for path in found.measured(read_pipeline(tmp_path / "row1.toml").published[0])] == ["05-compare"]


def test_a_folder_with_the_name_of_a_packaged_pipeline_does_not_hide_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo").mkdir()
    assert pipeline_file(Path("demo")).name == "demo.toml"
    (tmp_path / "smoke").write_text("a pipeline of one's own")
    assert pipeline_file(Path("smoke")) == Path("smoke")
