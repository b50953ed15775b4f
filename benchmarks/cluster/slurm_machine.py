"""A real Slurm of one node on this machine, from Debian's packages: started in a folder of its own, and ended."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")
_PACKAGES = ("munge", "slurmctld", "slurmd", "slurm-client")
_START_S = 60.0
# No cgroups and no systemd: processes are told by their group, nothing is bound or measured. A requeued job waits
# `cred_expire` before it starts again; the default of two minutes would be most of the proof. CPUs may be more than
# there are: a coordinator that sleeps takes one.
_CONF = """
ClusterName=proof
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0
SlurmdParameters=config_overrides
MaxArraySize={max_array_size}
KillWait=5
ReturnToService=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/node
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs={num_cpus} RealMemory=8000 State=UNKNOWN
PartitionName=proof Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


@contextmanager
def slurm(folder: Path, *, max_array_size: int, num_cpus: int = 2) -> Iterator[None]:
    """Run munged, slurmctld and slurmd in `folder`, with $SLURM_CONF naming them, until the block ends.

    Raises:
        RuntimeError: not root, no Debian package to install, or no answer in time.
    """
    _install()
    folder.mkdir(mode=0o755, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(_munge(folder))
        conf = folder / "slurm.conf"
        conf.write_text(_conf(folder, max_array_size=max_array_size, num_cpus=num_cpus), encoding="ascii")
        before = os.environ.get("SLURM_CONF")
        os.environ["SLURM_CONF"] = str(conf)
        stack.callback(_restore, before)
        stack.enter_context(_daemon(["slurmctld", "-D", "-c", "-f", str(conf)], folder / "slurmctld.out"))
        stack.enter_context(_daemon(["slurmd", "-D", "-f", str(conf)], folder / "slurmd.out"))
        stack.callback(_end_jobs)
        _await("an idle node", lambda: _output_of("sinfo", "-h", "-o", "%t") == "idle")
        yield


def _install() -> None:
    if all(shutil.which(name) for name in _PROGRAMS):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise RuntimeError(
            f"{', '.join(_PROGRAMS)} are needed; as root on Debian: apt-get install {' '.join(_PACKAGES)}"
        )
    subprocess.run(["apt-get", "update", "-q"], check=True, stdout=subprocess.DEVNULL)
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *_PACKAGES]
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, check=True, env=quiet, stdout=subprocess.DEVNULL)


@contextmanager
def _munge(folder: Path) -> Iterator[None]:
    key = folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(os.urandom(1024))
    places = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
    options = [f"--{option}={folder}/munge.{name}" for option, name in places.items()]
    with _daemon(["munged", "--foreground", "--force", *options], folder / "munged.out"):
        _await("munged", (folder / "munge.socket").exists)
        yield


@contextmanager
def _daemon(command: list[str], words: Path) -> Iterator[None]:
    with words.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file, start_new_session=True) as run:
        try:
            yield
        finally:
            run.terminate()
            try:
                run.wait(timeout=20)
            except subprocess.TimeoutExpired:
                run.kill()


def _conf(folder: Path, *, max_array_size: int, num_cpus: int) -> str:
    with socket.socket() as one, socket.socket() as two:
        for free in (one, two):
            free.bind(("127.0.0.1", 0))
        controller_port, node_port = one.getsockname()[1], two.getsockname()[1]
    return _CONF.format(
        host=socket.gethostname().partition(".")[0], folder=folder, max_array_size=max_array_size,
        num_cpus=num_cpus, controller_port=controller_port, node_port=node_port,
    )  # fmt: skip


def _end_jobs() -> None:
    subprocess.run(["scancel", f"--user={os.getuid()}"], check=False, capture_output=True)
    _await("the end of all jobs", lambda: not _output_of("squeue", "-h"))


def _restore(conf: str | None) -> None:
    del os.environ["SLURM_CONF"]
    if conf is not None:
        os.environ["SLURM_CONF"] = conf


def _output_of(*command: str) -> str:
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()


def _await(what: str, is_there: Callable[[], bool]) -> None:
    end_s = time.monotonic() + _START_S
    while not is_there():
        if time.monotonic() > end_s:
            raise RuntimeError(f"{what} was not there after {_START_S:g} s")
        time.sleep(0.2)
