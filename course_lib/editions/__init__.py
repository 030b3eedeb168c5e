"""Two editions from one source: what instructors keep, and what students get.

``regions`` reads the solution marks, ``student`` derives the student edition, ``sync`` keeps the
source notebooks in step with the library, ``leaks`` looks for solutions where none may be.
"""

import sys

# All that instructors run passes here before it loads nbformat, which would load a module that
# checks addresses in JSON schemas: a second, for what no notebook has.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
