"""Build the book into a site, and serve it on this machine. Instructor-only."""

import course_lib.editions  # noqa: F401  # before anything that loads nbformat
