"""Entry point of ``python -m objlib``."""

from objlib.cli import main

if __name__ == "__main__":
    main()
