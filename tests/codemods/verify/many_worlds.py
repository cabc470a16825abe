"""The operators against their originals in very many worlds: what CI has no time for.

    python tests/codemods/verify/many_worlds.py [--seeds 10000] [--jobs 2] [--only retries ...]

Each case of ``operators`` is run as ``test_operators.py`` runs it, only longer. Prints a line for
each; a difference is shown in its smallest world. Status 1 if there is one.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2]))

from codemods.verify.golden import run_golden  # noqa: E402  (found by the line above)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=10_000, help="how many worlds for each")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", nargs="+", default=[], help="names of cases")
    options = parser.parse_args()
    only = [f"operators/{name}" for name in options.only] or ["operators"]
    return run_golden(HERE, options.seeds, only=only, jobs=options.jobs)


if __name__ == "__main__":
    sys.exit(main())
