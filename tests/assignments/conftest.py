from collections.abc import Iterator

import matplotlib
import pytest
from matplotlib import pyplot as plt

from course_lib import session

pytest.register_assert_rewrite("tests.assignments.laws")


@pytest.fixture
def fresh_session() -> Iterator[None]:
    """A session without registered work, and pictures without a window."""
    backend = matplotlib.get_backend()
    matplotlib.use("Agg")
    yield
    session.reset()
    plt.close("all")
    matplotlib.use(backend)
