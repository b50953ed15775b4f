"""Call the command line in this process, as a test does."""

from vqaprep import cli


def call(*words: object) -> int:
    """Run a command and return its exit code."""
    try:
        cli.main([str(word) for word in words])
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0
