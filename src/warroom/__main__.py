"""`python -m warroom` and the console script."""

import sys


def main() -> None:
    """Run the command line; the status it exits with is documented in `warroom --help`."""
    from warroom.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
