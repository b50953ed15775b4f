"""Every row is accounted for, what is done is not done again, and lost rows end the run."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from tests.made import Inline, clip, video
from vqaprep.detect.observations import Observations
from vqaprep.engines import Done, Failed, Needs, needs_of
from vqaprep.errors import MediaError, TooManyDrops, VqaprepError
from vqaprep.rows import Dropped, Row
from vqaprep.rows.manifest import read_dropped, read_rows
from vqaprep.rows.outfolder import OutFolder, open_out
from vqaprep.rows.outfolder.record import read_run
from vqaprep.running.accounts import check_accounts, check_drops, finish
from vqaprep.running.runner import run_items, run_stage
from vqaprep.stages import Stage


class Tag(Stage):
    """Write the draw of the stage into the label."""

    name: ClassVar[str] = "tag"
    step: ClassVar[int] = 99

    def __call__(self, row: Row, seen: Observations, rng: np.random.Generator) -> Iterable[Row | Dropped]:
        """Return the row with its draw."""
        return [row.having(label=str(rng.random()))]


class Lose(Tag):
    """Lose every row."""

    def __call__(self, row: Row, seen: Observations, rng: np.random.Generator) -> Iterable[Row | Dropped]:
        """Return nothing."""
        return []


class Breaking(Inline):
    """An engine whose second item is given up."""

    def map(self, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
        for found in super().map(work, items):
            yield Failed(1, "crashed", "exit code -9") if found.index == 1 else found


@pytest.fixture
def out(tmp_path: Path) -> OutFolder:
    return open_out(tmp_path / "out", "tag", {}, input_sha256="x")


def double(item: int) -> list[Row | Dropped]:
    return [video(str(item), num_frames=2 * item + 1)]


def run(path: Path, engine: Inline, *, num: int = 4) -> list[Row | Dropped]:
    items = {str(i): i for i in range(num)}
    return run_items("test", double, items, {i: [i] for i in items}, journal=path / "j", engine=engine)


def test_a_second_run_does_only_what_is_left(tmp_path: Path) -> None:
    first, second = Inline(), Inline()
    run(tmp_path, first, num=2)
    results = run(tmp_path, second, num=4)
    assert (first.worked, second.worked) == ([0, 1], [2, 3])
    assert [r.num_frames for r in results if not isinstance(r, Dropped)] == [1, 3, 5, 7]


def test_an_interrupted_run_keeps_what_was_done(tmp_path: Path) -> None:
    class Interrupted(Inline):
        def map(self, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
            yield from super().map(work, items[:2])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, Interrupted())
    later = Inline()
    run(tmp_path, later)
    assert later.worked == [2, 3]


def test_an_item_that_kills_its_process_costs_itself_alone(tmp_path: Path) -> None:
    results = run(tmp_path, Breaking())
    assert [r.id for r in results] == ["0", "1", "2", "3"]
    assert [r for r in results if isinstance(r, Dropped)] == [Dropped("1", "test", "crashed", "exit code -9")]


def test_variants_of_a_video_draw_alike_and_seeds_do_not(tmp_path: Path, out: OutFolder) -> None:
    rows = [video("a"), video("b"), video("a", distortion="jpeg", level=1)]
    one, two = (run_stage(Tag(), rows, out, engine=Inline(), seed=seed, cache=tmp_path) for seed in (0, 1))
    labels = [r.label for r in one if not isinstance(r, Dropped)]
    assert len(set(labels)) == 2
    assert sorted(r.id for r in one) == sorted(row.id for row in rows)
    assert not set(labels) & {r.label for r in two if not isinstance(r, Dropped)}


def test_a_stage_that_loses_a_row_is_a_defect(tmp_path: Path, out: OutFolder) -> None:
    with pytest.raises(VqaprepError, match="lost row v"):
        run_stage(Lose(), [video()], out, engine=Inline(), seed=0, cache=tmp_path)


def test_a_video_that_cannot_be_seen_costs_its_rows(tmp_path: Path, out: OutFolder, monkeypatch: Any) -> None:
    class Looking(Tag):
        def needs(self) -> Any:
            return "look"

    def blind(*_: Any, **__: Any) -> Observations:
        raise MediaError("corrupt", "bad block")

    monkeypatch.setattr("vqaprep.detect.watch.look_at", blind)
    rows = [video(), video(distortion="jpeg", level=1)]
    results = run_stage(Looking(), rows, out, engine=Inline(), seed=0, cache=tmp_path)
    assert results == [Dropped(row.id, "tag", "corrupt", "bad block") for row in rows]


def test_work_that_detects_says_that_it_keeps_its_networks(
    tmp_path: Path, out: OutFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Watching(Tag):
        def needs(self) -> Any:
            return self.label

        label: Any = "look"

    class Noting(Inline):
        needs: ClassVar[list[Needs]] = []

        def map(self, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
            self.needs.append(needs_of(work))
            return super().map(work, items)

    monkeypatch.setattr("vqaprep.detect.watch.look_at", lambda *_, **__: Observations())
    for number, label in enumerate(("look", "faces")):
        one = [video(str(number))]
        run_stage(Watching(label=label), one, out, engine=Noting(), seed=0, cache=tmp_path)
    look, faces = Noting.needs
    assert look == Needs()
    assert faces.keeps_state
    assert faces.memory_mb > 0


def test_a_finished_folder_holds_rows_drops_and_counts(out: OutFolder) -> None:
    rows = [video("a"), video("b")]
    drops = [Dropped("b", "tag", "too_short", "3 frames"), Dropped("/x.mp4", "scan", "unreadable")]
    assert finish(out, rows, [rows[0], *drops]) == [rows[0]]
    assert read_rows(out.path / "manifest.parquet") == [rows[0]]
    assert read_dropped(out.path / "dropped.parquet") == drops
    assert (read_run(out.path) or {})["counts"] == {"in": 3, "out": 1, "dropped": 2, "rows": 3, "lost": 2}


def test_more_unreadable_videos_than_good_ones_are_no_failure_of_their_own(out: OutFolder) -> None:
    drops = [Dropped(f"/{i}.mp4", "scan", "unreadable") for i in range(5)]
    assert finish(out, [video()], [video(), *drops]) == [video()]


def test_too_many_drops_fail_now_and_whenever_the_folder_is_used_again(out: OutFolder) -> None:
    rows = [video("a"), video("b")]
    with pytest.raises(TooManyDrops, match=r"1 of 2 rows dropped.*too_short"):
        finish(out, rows, [rows[0], Dropped("b", "tag", "too_short")], max_drop_rate=0.4)
    with pytest.raises(TooManyDrops):
        check_drops(out.path, max_drop_rate=0.4)
    check_drops(out.path, max_drop_rate=0.5)


def test_nothing_left_fails_whatever_is_allowed(out: OutFolder) -> None:
    with pytest.raises(TooManyDrops, match="nothing is left"):
        finish(out, [video()], [Dropped("v", "tag", "no_face")])


@pytest.mark.parametrize(
    ("rows_in", "rows", "dropped", "message"),
    [
        ([video("a"), video("b")], [video("a")], [], "1 lost"),
        ([video("a"), video("a", distortion="jpeg", level=1)], [video("a")], [], "1 lost"),
        ([clip("a"), clip("a", 1).having(clip_id="other")], [clip("a")], [], "1 lost"),
        ([video("a")], [video("a"), video("b")], [], "1 strangers"),
        ([video("a")], [], [Dropped("a", "x", "no_face")] * 2, "1 double"),
    ],
)
def test_rows_that_do_not_add_up_are_a_defect(
    rows_in: list[Row], rows: list[Row], dropped: list[Dropped], message: str
) -> None:
    with pytest.raises(VqaprepError, match=message):
        check_accounts(rows_in, rows, dropped)


def test_a_variant_may_become_clips() -> None:
    variant = video("a", distortion="jpeg", level=1)
    check_accounts([variant], [clip("a", distortion="jpeg", level=1, clip_id="c")], [])
