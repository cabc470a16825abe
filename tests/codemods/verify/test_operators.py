"""The vendored operators, in worlds that show any difference from what they stand in for.

Each folder of ``operators`` holds code on asyncio (``before.py``), the same on the vendored
operators (``after.py``) and a scenario that is harder on them than a golden case needs to be.
"""

from pathlib import Path

import pytest

from codemods.verify.golden import Case, check_case

FOLDER = Path(__file__).parent / "operators"
WORLDS = 60


@pytest.mark.parametrize("name", sorted(path.parent.name for path in FOLDER.glob("*/scenario.py")))
def test_operator_cannot_be_told_from_asyncio(name: str) -> None:
    report = check_case(Case("operators", name, FOLDER / name), WORLDS)
    assert report.passed, report.problem or report.difference
    # Some scenarios do without cancellations from outside; where there are any, they must hit.
    seen = report.evidence
    assert seen.struck > 0 or seen.cancellations == 0, "no cancellation met a call in flight"
