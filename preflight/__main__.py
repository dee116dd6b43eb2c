"""`python -m preflight` is the console script."""

from preflight.cli.app import main

if __name__ == "__main__":
    main()
