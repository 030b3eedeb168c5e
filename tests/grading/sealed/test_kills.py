"""A grader that is killed loses nothing; all 30 kills: ``python -m benchmarks.kills``."""

import os
from pathlib import Path

import pytest

from benchmarks.kills import trial

KILLS = int(os.environ.get("COURSE_KILLS", "2"))
SEED = 1


@pytest.mark.slow
def test_after_kills_at_random_moments_the_gradebook_is_that_of_an_undisturbed_run(
    tmp_path: Path,
) -> None:
    found = trial(tmp_path, KILLS, SEED)
    assert found.faults == [], f"seed {SEED}, kills at {found.kills}"
    assert len(found.kills) == KILLS and found.finished
