"""Build the book into a site, and serve it on this machine. Instructor-only."""

import sys

# This module checks addresses in JSON schemas, which nobody needs, and takes a second to load.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
