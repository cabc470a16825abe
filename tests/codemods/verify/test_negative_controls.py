"""The harness must reject wrong rewritings, for the right reason, and pass right ones.

Each folder of ``negative_controls`` holds an original (``before.py``), a wrong rewriting of it
(``after.py``, which says what is wrong), a right one (``right.py``) and a scenario.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from codemods.verify.golden import Case, check_case

CONTROLS = Path(__file__).parent / "negative_controls"
WORLDS = 30

SHOWN = {
    "backoff_one_power_up": ["- from", "start write"],
    "bare_timeout": ["| outcome the scenario raised Exception('Timeout')"],
    "blocks_the_loop": ["in a thread", "| start digest(0) [caller"],
    "cleanup_not_awaited": ["caller cancelled at", "tasks left running", "cancelled fetch"],
    "completion_order": ["outcome the scenario returned"],
    "context_leaks": ["start fetch(1) [caller fetch(0)]"],
    "context_lost": ["REQUEST='r-1'", "[nobody ]"],
    "gate_before_fan_out": ["                 | start upload("],
    "killed_not_drained": ["                 | cancel upload("],
    "late_checkpoint": ["                 | start second("],
    "late_first_check": ["0.100000                   "],
    "limit_off_by_one": ["calls of fetch in flight: at most 1 before, 2 after"],
    "one_attempt_more": ["                 | start write("],
    "overlapping_checks": ["calls of status in flight: at most 1 before,"],
    "own_thread_pool": ["thread pools left open: none before, 1 after"],
    "queued_checks": ["                 | start status() #1"],
    "result_from_foreign_thread": ["refused: loop.call_soon from a worker thread"],
    "retry_from_the_top": ["                 | start read() #1"],
    "run_blocks_the_loop": ["after: deadlock: the loop's own thread", "reactivex/run.py"],
    "run_in_running_loop": ["asyncio.run() cannot be called", "was never awaited"],
    "siblings_cancelled": ["                 | cancel"],
    "subscription_left_behind": ["timers that re-arm themselves for ever"],
    "task_left_behind": ["tasks left running at the end of the scenario: none before"],
    "tasks_before_limit": ["calls of fetch in flight: at most 1 before, 2 after"],
    "thread_pool_scheduler": ["refused: a thread scheduler of reactivex"],
    "throttle_drops": ["start send(1) [caller ]                                    |"],
    "zip_forbids_bursts": ["start send(1) [caller ]                                    |"],
}
"""What the printed difference must show, beside the ``!`` of a line that differs."""
SAME_TIMELINE = {"own_thread_pool", "subscription_left_behind", "task_left_behind"}
"""What these leave behind is seen only after the scenario's end."""


def case(name: str) -> Case:
    return Case("negative_controls", name, CONTROLS / name)


def test_every_control_says_what_must_be_shown() -> None:
    folders = {path.parent.name for path in CONTROLS.glob("*/scenario.py")}
    assert folders == set(SHOWN)


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_wrong_rewriting_is_rejected(name: str) -> None:
    report = check_case(case(name), WORLDS)
    assert report.outcome == "differs", report.problem
    shown = str(report.difference)
    assert [text for text in SHOWN[name] if text not in shown] == [], shown
    differing = [line for line in shown.splitlines() if line.startswith("! ")]
    assert bool(differing) != (name in SAME_TIMELINE), shown


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_right_rewriting_passes(name: str) -> None:
    report = check_case(replace(case(name), rewriting="right.py"), WORLDS)
    assert report.passed, report.problem or report.difference
    assert report.evidence.worlds == WORLDS
    assert report.evidence.calls > 0
