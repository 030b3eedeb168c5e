"""Solution marks are read exactly, or refused with file and line."""

import pytest

from course_lib.editions.regions import RegionError, read_regions, replace_regions

MODULE = '''\
class Adam:
    def update(self):
        """One line."""
        ### BEGIN SOLUTION
        first = 1
        second = 2
        ### END SOLUTION


def rate():
    ### BEGIN SOLUTION
    return 3
    ### END SOLUTION'''

REFUSED = {
    "stray end": ("x = 1\n### END SOLUTION\n", r"file.py:2: .*without"),
    "unclosed": ("### BEGIN SOLUTION\nx = 1\n", r"file.py:1: .*never closed"),
    "nested": (
        "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION\n",
        r"file.py:2: .*opened at line 1",
    ),
    "two hashes": ("## BEGIN SOLUTION\nx = 1\n", r"file.py:1: needed"),
    "lower case": ("### begin solution\nx = 1\n", r"file.py:1: needed"),
    "no space": ("###BEGIN SOLUTION\nx = 1\n", r"file.py:1: needed"),
    "more on the line": ("### BEGIN SOLUTION adam\nx = 1\n", r"file.py:1: needed"),
    "wrong closing mark": ("### BEGIN SOLUTION\nx\n### END_SOLUTION\n", r"file.py:3: needed"),
}


def test_a_region_is_named_by_what_encloses_it():
    regions = read_regions(MODULE, "file.py")
    assert [(r.key, r.begin, r.end) for r in regions] == [("Adam.update", 4, 7), ("rate", 11, 13)]


def test_the_text_is_what_stands_between_the_marks_to_the_byte():
    assert read_regions(MODULE, "file.py")[0].text == "        first = 1\n        second = 2\n"


def test_a_mark_inside_a_string_is_no_mark():
    assert read_regions('MARK = "### BEGIN SOLUTION"\n', "file.py") == []


def test_replacing_keeps_everything_else():
    new = replace_regions(MODULE, "file.py", lambda region, indent: f"{indent}{region.key}\n")
    expected = MODULE.replace(
        "### BEGIN SOLUTION\n        first = 1\n        second = 2\n        ### END SOLUTION",
        "Adam.update",
    ).replace("### BEGIN SOLUTION\n    return 3\n    ### END SOLUTION", "rate")
    assert new == expected


@pytest.mark.parametrize("fault", REFUSED)
def test_a_faulty_mark_is_refused_with_file_and_line(fault):
    source, message = REFUSED[fault]
    with pytest.raises(RegionError, match=message):
        read_regions(source, "file.py")
