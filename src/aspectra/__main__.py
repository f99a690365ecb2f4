"""`python -m aspectra` is `aspectra`."""

from aspectra.cli.main import main

if __name__ == "__main__":
    main()
