"""One plotting style for the whole book, readable on light and on dark pages."""

from course_lib.figures.contours import contours
from course_lib.figures.display import show
from course_lib.figures.picture import picture
from course_lib.figures.style import COLORS, band, new
from course_lib.figures.tell import percent, teller
from course_lib.figures.widget import widget

__all__ = ["COLORS", "band", "contours", "new", "percent", "picture", "show", "teller", "widget"]
