"""Hand out, grade and report: nbgrader's own commands, made safe for a whole class.

``release`` makes the notebooks students get, ``run`` grades one student at a time, ``report`` shows
points and hints. ``sanitize``, ``execute`` and ``feedback`` are plugged into nbgrader by
``assignments/nbgrader_config.py``; ``gradebook`` alone reads and writes nbgrader's database.
"""

import course_lib.editions  # noqa: F401  # before anything that loads nbformat
