"""How far long work is, and stopping it."""

from __future__ import annotations

import pytest

from casedesk.progress import Cancelled, Progress, silent


def test_who_waits_sees_how_far_it_is() -> None:
    progress = Progress()
    assert progress.latest.share == 0
    progress.step(3, 12)
    assert (progress.latest.done, progress.latest.of, progress.latest.share) == (3, 12, 0.25)


def test_cancelled_work_ends_at_its_next_step() -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        progress.step(1, 2)


def test_what_nobody_watches_goes_on() -> None:
    silent.step(1, 2)
    assert silent.latest.done == 0
    with pytest.raises(RuntimeError):
        silent.cancel()
