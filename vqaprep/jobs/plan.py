"""Plan a pipeline: its steps, once for each value they name, with checked settings, folders and inputs."""

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vqaprep.errors import InputError, unknown_name
from vqaprep.jobs import Job, get_job
from vqaprep.settings import Pipeline, PipelineStep, Published, validated
from vqaprep.settings.written import is_path
from vqaprep.storage import at

_BARRED = ("run", "samples", "doctor", "status", "logs", "review", "rate")
_MAIN = "input"
_MOST_WORK = 2000
_WORD = re.compile(r"\{(\w+)\}")
Values = dict[str, int | str]


@dataclass(frozen=True)
class Planned:
    """One piece of work: a job with its settings, where it reads and writes, and its seed."""

    job: Job
    settings: Any
    source: Path
    folder: Path
    seed: int


@dataclass(frozen=True)
class _Copy:
    """A step as it is done for some `values` of the words it depends on."""

    values: Values
    folder: Path


class PipelinePlan:
    """All work of a pipeline file, checked before any of it is done.

    `inputs` are paths by name; the main one is called `input`.

    Raises:
        InputError: a step, setting, word or input is unknown, refused or missing.
    """

    def __init__(self, pipeline: Pipeline, path: Path, out: Path, inputs: Mapping[str, Path], *, seed: int) -> None:
        self._pipeline = pipeline
        self._path = path
        self._out = out
        self._inputs = inputs
        self._seed = seed
        self._copies: dict[str, list[_Copy]] = {}
        self.work: list[Planned] = []
        before = _MAIN
        for number, step in enumerate(pipeline.step, start=1):
            job = get_job(step.run)
            if job.name in _BARRED:
                raise InputError(f"{path}: step {number} cannot be {job.name!r}; run it on its own")
            reads = before if job.has_out and job.source_help else _MAIN
            self.work += self._copies_of(number, step, job, step.source or reads)
            before = step.called if job.has_out else before
        for one in pipeline.published:
            self.measured(one)

    def measured(self, published: Published) -> list[Path]:
        """Return the folders of the step that measures what a paper prints."""
        if published.step not in self._copies:
            raise unknown_name(f"step of a published number in {self._path}", published.step, self._copies)
        return [copy.folder for copy in self._copies[published.step]]

    def _copies_of(self, number: int, step: PipelineStep, job: Job, read: str) -> Iterator[Planned]:
        extra = dict(step.model_extra or {})
        for key in extra:
            if key not in job.settings.model_fields:
                raise unknown_name(f"setting of {job.name} in {self._path}", key, job.settings.model_fields)
        paths = [key for key in extra if is_path(job.settings.model_fields[key].annotation)]
        words = self._words(step, [read, *(extra[key] for key in paths if isinstance(extra[key], str))])
        self._bounded(number, job, words)
        copies = []
        for combination in itertools.product(*(self._pipeline.each[word] for word in words)):
            values: Values = dict(zip(words, combination, strict=True))
            folder = self._folder(number, step, values)
            copies.append(_Copy(values, folder))
            own = {key: self._filled(value, values) for key, value in extra.items()}
            own |= {key: self._located(own[key], values) for key in paths}
            seed = self._seed if step.seed is None else int(self._filled(step.seed, values))
            if "seed" in job.settings.model_fields:
                own.setdefault("seed", seed)
            settings = validated(job.settings, own, where=f"{self._path}, step {number} ({job.name})")
            source = self._source(self._filled(read, values), values) if job.has_out else self._out
            yield Planned(job, settings, source, folder, seed)
        self._copies[step.called] = copies

    def _bounded(self, number: int, job: Job, words: list[str]) -> None:
        """Refuse a step without a value, or with so many values that it must be a mistake."""
        counts = {word: len(self._pipeline.each[word]) for word in words}
        num = math.prod(counts.values())
        if num == 0:
            empty = next(word for word, count in counts.items() if count == 0)
            raise InputError(f"{self._path}: [each] {empty} has no value; give at least one, or leave the word out")
        if len(self.work) + num > _MOST_WORK:
            counts_text = " x ".join(f"{count} of {word}" for word, count in counts.items()) or "1"
            raise InputError(
                f"{self._path}: step {number} ({job.name}) would be done {num:,} times ({counts_text}); "
                "a pipeline may do at "
                f"most {_MOST_WORK:,} pieces of work. Name fewer words in this step, or run parts of them apart"
            )

    def _words(self, step: PipelineStep, read: list[str]) -> list[str]:
        """Return the words a step depends on: those in its texts, and those of the steps it reads."""
        named = set(_WORD.findall(str(step.model_dump()))) - {"row"}
        for name in read:
            named |= {word for copy in self._copies.get(name, []) for word in copy.values}
        for word in sorted(named - set(self._pipeline.each)):
            raise InputError(f"{self._path}: {{{word}}} has no values; give them as [each] {word} = [...]")
        return [word for word in self._pipeline.each if word in named]

    def _folder(self, number: int, step: PipelineStep, values: Values) -> Path:
        text = step.out or f"{number:02d}-{step.called}"
        apart = [f"-{word}-{value}" for word, value in values.items() if f"{{{word}}}" not in text]
        return self._out / re.sub(r"[^\w.-]+", "_", str(self._filled(text, values)) + "".join(apart))

    def _filled(self, value: Any, values: Values) -> Any:
        """Put the values in place of their words, in a text or in each of a list."""
        if isinstance(value, list):
            return [self._filled(one, values) for one in value]
        words = values | {"row": self._path.stem}
        return _WORD.sub(lambda found: str(words[found[1]]), value) if isinstance(value, str) else value

    def _located(self, value: Any, values: Values) -> Any:
        """Turn names of steps into their folders; a list takes every copy of a step, one path the copy that fits."""
        if isinstance(value, list):
            named = [self._fitting(name, values) or [self._path_of(name)] for name in value]
            return [str(folder) for folders in named for folder in folders]
        return str(next(iter(self._fitting(value, values)), None) or self._path_of(value))

    def _fitting(self, name: str, values: Values) -> list[Path]:
        copies = self._copies.get(name, [])
        return [c.folder for c in copies if all(values.get(word, value) == value for word, value in c.values.items())]

    def _source(self, name: str, values: Values) -> Path:
        if name in self._copies:
            return self._fitting(name, values)[0]
        if name in (_MAIN, *self._pipeline.inputs):
            return self._given(name)
        return self._path_of(name, beside=self._out)

    def _given(self, name: str) -> Path:
        if name not in self._inputs:
            if name == _MAIN:
                raise InputError(f"{self._path} names no input; give one with --input VIDEOS")
            what = f"{name} ({self._pipeline.inputs[name]})"
            raise InputError(f"{self._path} reads {what}; give it with --input {name}=FOLDER")
        return self._inputs[name]

    def _path_of(self, text: str, *, beside: Path | None = None) -> Path:
        """Take a path as a folder of this run (`06-shard`), as a file beside the pipeline's, or as it is."""
        path = at(text)
        if path.is_absolute():
            return path
        if text in self._pipeline.inputs:
            return self._given(text)
        is_step = path.parts[:1] != () and path.parts[0][:2].isdigit()
        candidates = (self._out / path, (beside or self._path.parent) / path)
        return next((c for c in candidates if c.exists()), self._out / path if is_step else path)
