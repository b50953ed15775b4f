"""`python -m vqaprep` is the command line, where the command itself is not on the path."""

from vqaprep.cli import main

if __name__ == "__main__":
    main()
