"""The command line: every job becomes a command whose options come from its settings class."""

from vqaprep.cli.app import app_of
from vqaprep.cli.failures import explained
from vqaprep.cli.streams import Results, in_utf8, more_open_files, safe_streams, stop
from vqaprep.errors import VqaprepError
from vqaprep.jobs import jobs
from vqaprep.storage.hold import release_all

INTERRUPTED = 130
_RESUMABLE = "interrupted; the same command resumes"


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every error becomes one message and its exit code.

    Exit codes: 0 done, 1 ran but failed, 2 wrong input or something missing, 130 interrupted.
    """
    if arguments is None:
        in_utf8()
        more_open_files()
    with safe_streams() as results:
        try:
            code = _run(arguments, results)
        finally:
            release_all()
        if code == INTERRUPTED:  # Typer turns Ctrl-C into a code of its own accord
            stop(_RESUMABLE, code)
        if code:
            raise SystemExit(code)


def _run(arguments: list[str] | None, results: Results) -> int:
    """Return the exit code of a command that ended well or was interrupted; stop with a message otherwise."""
    try:
        code = app_of(jobs())(args=arguments, prog_name="vqaprep", standalone_mode=False)
        results.flush()
    except VqaprepError as error:
        stop(str(error), error.exit_code)
    except KeyboardInterrupt:
        stop(_RESUMABLE, INTERRUPTED)
    except Exception as error:  # noqa: BLE001  # the last place where an error can become a message
        stop(*explained(error))
    return code if isinstance(code, int) else 0
