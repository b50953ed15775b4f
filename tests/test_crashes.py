"""An exception of one item costs that item, with its type, words and place; what all would meet ends the run."""

import errno
import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import av
import cv2
import numpy as np
import pytest

from tests.films import pictures, write_film
from tests.made import Inline, video
from tests.shards.conftest import clips_of
from vqaprep.detect.observations import Observations
from vqaprep.errors import InputError, MediaError, StorageError
from vqaprep.errors.crashes import contained, described, unfolded
from vqaprep.jobs.render import Showing, render_one
from vqaprep.media.probe import probe
from vqaprep.rows import Clip, Dropped, Row, Video
from vqaprep.rows.outfolder import OutFolder, open_out
from vqaprep.running.runner import run_stage
from vqaprep.shards.make import make_shards
from vqaprep.shards.settings import ShardSettings
from vqaprep.sources.scan import scan_one
from vqaprep.stages import ShownStage


def raised_by(function: Callable[[], Any]) -> Exception:
    with pytest.raises(Exception) as caught:
        function()
    assert isinstance(caught.value, Exception)
    return caught.value


OF_AN_ITEM: dict[str, Callable[[], Exception]] = {
    "no memory": MemoryError,
    "no memory in NumPy": lambda: raised_by(lambda: np.empty((1 << 50, 1 << 10))),
    "OpenCV": lambda: raised_by(lambda: cv2.resize(np.zeros((4, 4), np.uint8), (0, 0))),
    "no fraction": lambda: raised_by(lambda: 1 / Fraction(0)),
    "overflow": lambda: raised_by(lambda: int(float("inf"))),
    "no codec": lambda: raised_by(lambda: av.CodecContext.create("mpeg2video", "w").open()),
    "recursion": lambda: RecursionError("too deep"),
    "a child without memory": lambda: OSError(errno.ENOMEM, "Cannot allocate memory"),
    "an operation that libav does not know": lambda: av.error.OSError(
        errno.ENOTSUP, "Operation not supported", "a.mp4"
    ),
    "libav is busy": lambda: av.error.OSError(errno.EBUSY, "Device or resource busy"),
    "a read that libav gives up": lambda: av.error.OSError(errno.EIO, "Input/output error"),
    "a child that ended": lambda: BrokenPipeError(errno.EPIPE, "Broken pipe"),
    "a name too long": lambda: OSError(errno.ENAMETOOLONG, "File name too long"),
    "a defect": lambda: KeyError("a"),
}
OF_THE_MACHINE: dict[str, Callable[[], Exception]] = {
    "disk full": lambda: OSError(errno.ENOSPC, "No space left on device"),
    "disk full for libav": lambda: av.error.OSError(errno.ENOSPC, "No space left on device"),
    "disk broken": lambda: OSError(errno.EIO, "Input/output error"),
    "no permission": lambda: PermissionError(errno.EACCES, "Permission denied"),
    "too many files": lambda: OSError(errno.EMFILE, "Too many open files"),
    "store away": lambda: StorageError("gone"),
    "wrong value": lambda: InputError("weights are missing"),
    "missing package": lambda: ImportError("no module named av"),
    "a library's own disk error": lambda: OSError("could not write"),
}


class Fragile(ShownStage):
    """Pass every row but the one called `odd`, which raises."""

    name: ClassVar[str] = "fragile"
    step: ClassVar[int] = 99
    error: ClassVar[Exception] = MemoryError()

    def __call__(self, row: Row, seen: Observations, rng: np.random.Generator) -> Iterable[Row | Dropped]:
        """Return the row, or raise."""
        if row.video_id == "odd":
            raise self.error
        return [row]


@pytest.fixture
def out(tmp_path: Path) -> OutFolder:
    return open_out(tmp_path / "out", "fragile", {}, input_sha256="x")


@pytest.mark.parametrize("name", OF_AN_ITEM)
def test_an_exception_of_one_row_costs_that_row(
    name: str, tmp_path: Path, out: OutFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = OF_AN_ITEM[name]()
    monkeypatch.setattr(Fragile, "error", error)
    rows = [video("a"), video("odd"), video("b")]
    first, lost, last = run_stage(Fragile(), rows, out, engine=Inline(), seed=0, cache=tmp_path)
    assert (first, last) == (rows[0], rows[2])
    assert isinstance(lost, Dropped)
    assert (lost.id, lost.stage, lost.reason) == ("odd", "fragile", "crashed")
    assert lost.detail.startswith(type(error).__name__)
    assert "runner.py:" in lost.detail


@pytest.mark.parametrize("name", OF_THE_MACHINE)
def test_what_every_item_would_meet_ends_the_run(
    name: str, tmp_path: Path, out: OutFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = OF_THE_MACHINE[name]()
    monkeypatch.setattr(Fragile, "error", error)
    with pytest.raises(type(error)) as caught:
        run_stage(Fragile(), [video("odd")], out, engine=Inline(), seed=0, cache=tmp_path)
    assert caught.value is error


def test_an_interrupt_ends_the_run() -> None:
    with pytest.raises(KeyboardInterrupt), contained():
        raise KeyboardInterrupt


def test_a_reason_that_was_given_stays() -> None:
    with pytest.raises(MediaError, match="corrupt: bad block"), contained():
        raise MediaError("corrupt", "bad block")


def test_a_probe_that_raises_costs_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vqaprep.media.probe.probe", _raise)
    [lost] = scan_one("a.mp4")
    assert isinstance(lost, Dropped)
    assert (lost.id, lost.reason) == ("a.mp4", "crashed")


def test_a_look_that_raises_costs_all_rows_of_its_video(
    tmp_path: Path, out: OutFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vqaprep.detect.watch.look_at", _raise)
    monkeypatch.setattr(Fragile, "needs", lambda self: "look")
    rows = [video("a"), video("a", distortion="jpeg", level=1)]
    results = run_stage(Fragile(), rows, out, engine=Inline(), seed=0, cache=tmp_path)
    assert [(r.id, r.reason) for r in results if isinstance(r, Dropped)] == [(row.id, "crashed") for row in rows]


def test_a_film_that_cannot_be_rendered_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vqaprep.media.render_crop.usable_frames", _raise)
    why = render_one(Showing(Fragile(), video(), video(), tmp_path, tmp_path))
    assert str(why).startswith("crashed: MemoryError: none left (at ")


@pytest.fixture
def films(folder: Path) -> list[Video]:
    return [probe(str(write_film(folder / f"{i}.mp4", pictures(20, shade=90 + 20 * i)))) for i in range(2)]


def clips(films: list[Video]) -> list[Clip]:
    """Return a clean and a noisy clip of each film."""
    return [clip for film in films for clip in clips_of(film, variants=[("none", 0), ("gaussian_noise", 1)])]


@pytest.mark.parametrize("broken", ["vqaprep.distortions.apply", "vqaprep.shards.codecs.encode"])
def test_a_clip_that_raises_costs_itself(
    broken: str, films: list[Video], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def once(*args: Any, **how: Any) -> Any:
        nonlocal calls
        calls += 1
        return _raise() if calls == 1 else original(*args, **how)

    original: Callable[..., Any] = {
        "vqaprep.distortions.apply": lambda frames, *_: frames,
        "vqaprep.shards.codecs.encode": lambda *_: b"",
    }[broken]
    monkeypatch.setattr(broken, once)
    rows = clips(films)
    lost = make_shards(rows, tmp_path, ShardSettings(spatial="native"), Inline(), lambda _num, _lost: None)
    assert {(one.stage, one.reason) for one in lost} == {("shard", "crashed")}
    assert all(one.detail.startswith("MemoryError: none left (at ") for one in lost)
    assert 0 < len(lost) < len(rows)


def test_the_place_is_described_by_our_own_calls() -> None:
    words = described(raised_by(lambda: Dropped("a", "scan", "nonsense")))
    assert words.startswith("ValueError: unknown drop reason 'nonsense'; ")
    message, call = unfolded(words)
    assert message.endswith("unsupported")
    assert re.fullmatch(r"  at rows/reasons\.py:\d+ __post_init__", call)
    assert unfolded("exit code -9") == ["exit code -9"]


def test_words_do_not_differ_from_run_to_run() -> None:
    assert described(ValueError(f"no such thing: {object()!r}\nat all")) == (
        "ValueError: no such thing: <object object at 0x...> at all"
    )


def test_words_do_not_name_a_file() -> None:
    words = described(av.error.MemoryError(errno.ENOMEM, "Cannot allocate memory", "/films/Jane Miller.mp4"))
    assert words == "MemoryError: Cannot allocate memory"


def _raise(*_: Any, **__: Any) -> Any:
    raise MemoryError("none left")
