"""Slurm is told what was meant, its words are understood, and a busy controller is asked again."""

from pathlib import Path

import pytest

from vqaprep.engines import Needs, sbatch
from vqaprep.errors import InputError


class Commands:
    """Executables of Slurm's names in a folder on PATH: what they say is set, what they were told is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def say(self, name: str, *answers: str, code: int = 0) -> None:
        """Let a command give these answers one after the other, the last one for ever; ill ones with `code`."""
        for number, answer in enumerate(answers):
            (self.folder / f"{name}.{number}").write_text(answer)
        script = f"""#!/bin/sh
cd {self.folder}; echo "$@" >> {name}.told; n=$(($(wc -l < {name}.told) - 1))
[ -f {name}.$n ] || n={len(answers) - 1}
if grep -q error {name}.$n; then cat {name}.$n >&2; exit {code or 1}; fi; cat {name}.$n
"""
        (self.folder / name).write_text(script)
        (self.folder / name).chmod(0o755)

    def calls_of(self, name: str) -> list[str]:
        """Return the arguments of each call."""
        path = self.folder / f"{name}.told"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(sbatch, "_PAUSE_S", 0.0)
    return Commands(tmp_path)


def submit(folder: Path) -> int:
    command = ["python", "a b.py"]
    return sbatch.submit(command, name="v-1", num_tasks=4, throttle=2, log=folder, given=["--partition=long"])


@pytest.mark.parametrize("wrong", ["partition", "partition=", "=long", "-p=long", "Partition=long", "a b=c", ""])
def test_an_option_without_key_and_value_is_refused(wrong: str) -> None:
    with pytest.raises(InputError, match="KEY=VALUE"):
        sbatch.options([wrong])


def test_what_we_set_cannot_be_set() -> None:
    with pytest.raises(InputError, match="array is set by vqaprep"):
        sbatch.options(["partition=long", "array=1-5"])
    assert sbatch.options(["partition=long", "comment=a=b"]) == ("--partition=long", "--comment=a=b")


def test_what_work_needs_gives_way_to_what_the_user_says() -> None:
    needs = Needs(cpus=2, gpus=1, memory_mb=500)
    assert sbatch.needed(needs, []) == ["--cpus-per-task=2", "--mem=500", "--gpus=1"]
    assert sbatch.needed(needs, ["--mem-per-cpu=1G", "--gres=gpu:1", "--cpus-per-task=1"]) == []
    assert sbatch.needed(Needs(), []) == ["--cpus-per-task=1"]


def test_the_limit_of_an_array_is_the_smallest_that_is_set(commands: Commands) -> None:
    commands.say("scontrol", "MaxArraySize            = 1001\nSchedulerParameters = a=1,max_array_tasks=20,b\n")
    assert sbatch.max_tasks() == 20


def test_a_cluster_without_arrays_is_told(commands: Commands) -> None:
    commands.say("scontrol", "MaxArraySize            = 0\n")
    with pytest.raises(InputError, match="allows no job arrays"):
        sbatch.max_tasks()


def test_a_machine_without_slurm_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="needs scontrol on PATH"):
        sbatch.max_tasks()


def test_a_slurm_that_is_not_set_up_is_told(commands: Commands) -> None:
    commands.say("scontrol", "scontrol: error: Could not establish a configuration source\n")
    with pytest.raises(InputError, match="configuration source; run on a node that submits jobs"):
        sbatch.max_tasks()


def test_an_array_is_throttled_requeued_and_logs_to_its_own_files(commands: Commands, tmp_path: Path) -> None:
    commands.say("sbatch", "17;cluster\n")
    assert submit(tmp_path / "50%") == 17
    (call,) = commands.calls_of("sbatch")
    assert "--array=0-3%2" in call and "--requeue" in call and "--open-mode=append" in call
    assert f"--output={tmp_path}/50%%/%A_%a.log" in call
    assert call.endswith("--partition=long --wrap=exec python 'a b.py'")


def test_a_refused_array_is_wrong_input(commands: Commands, tmp_path: Path) -> None:
    commands.say("sbatch", "sbatch: error: invalid partition specified: long\n")
    with pytest.raises(InputError, match=r"refuses the job array.*invalid partition specified: long"):
        submit(tmp_path)


def test_a_limit_of_jobs_is_told_apart(commands: Commands, tmp_path: Path) -> None:
    commands.say("sbatch", "sbatch: error: AssocMaxSubmitJobLimit\nsbatch: error: Job violates accounting/QOS policy\n")
    with pytest.raises(sbatch.TooManyError, match="AssocMaxSubmitJobLimit"):
        submit(tmp_path)


def test_an_unanswered_submission_is_ended_before_it_is_made_again(commands: Commands, tmp_path: Path) -> None:
    commands.say("sbatch", "sbatch: error: Socket timed out on send/recv operation\n", "18\n")
    commands.say("squeue", "v-1|17|0|PENDING|None\n", "")
    commands.say("scancel", "")
    assert submit(tmp_path) == 18
    assert commands.calls_of("scancel") == ["--quiet 17"]


def test_a_controller_that_is_away_is_asked_again(commands: Commands) -> None:
    commands.say("squeue", "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n", "")
    assert sbatch.queued("v-") == []
    assert len(commands.calls_of("squeue")) == 2


def test_tasks_that_are_through_do_not_hinder_a_new_throttle(commands: Commands) -> None:
    commands.say("scontrol", "error: 6_0: Job has already finished\n")
    sbatch.set_throttle(6, 2)
    assert commands.calls_of("scontrol") == ["update JobId=6 ArrayTaskThrottle=2"]


def test_only_our_own_tasks_are_seen(commands: Commands) -> None:
    commands.say(
        "squeue", "v-1|17|3|RUNNING|None\nw-1|18|0|RUNNING|None\nv-2|19|0|PENDING|(a|b)\nbash|20|N/A|RUNNING|None\n"
    )
    assert sbatch.queued("v-") == [
        sbatch.Listed(17, 3, "RUNNING", "None"),
        sbatch.Listed(19, 0, "PENDING", "(a|b)"),
    ]


def test_ending_waits_until_nothing_runs(commands: Commands) -> None:
    running = "v-1|17|0|RUNNING|None\nv-1|17|1|RUNNING|None\n"
    commands.say("squeue", running, "v-1|17|1|COMPLETING|None\n", "")
    commands.say("scancel", "")
    sbatch.end("v-")
    assert commands.calls_of("scancel") == ["--quiet 17"]
    assert len(commands.calls_of("squeue")) == 3


def test_what_runs_may_end_and_what_waits_is_cancelled(commands: Commands) -> None:
    commands.say("squeue", "v-1|17|0|RUNNING|None\nv-1|17|1|PENDING|BeginTime\n", "v-1|17|0|RUNNING|None\n", "")
    commands.say("scancel", "")
    sbatch.let_end("v-")
    assert commands.calls_of("scancel") == ["--quiet 17_1"]
    assert len(commands.calls_of("squeue")) == 3


def test_tasks_that_do_not_end_are_named(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sbatch, "_GONE_S", 0.0)
    commands.say("squeue", "v-1|17|1|COMPLETING|None\n")
    commands.say("scancel", "")
    with pytest.raises(Exception, match="Slurm tasks 17_1 do not end"):
        sbatch.end("v-")


def test_the_end_of_a_task_is_told_while_slurm_knows_it(commands: Commands) -> None:
    commands.say(
        "scontrol", "JobId=5 JobState=FAILED Reason=None ExitCode=0:9 NodeList=n17\n", "error: Invalid job id\n"
    )
    assert sbatch.how_ended(5, 1) == "FAILED, exit code 0:9, on n17"
    assert sbatch.how_ended(5, 1) == "forgotten by Slurm"
