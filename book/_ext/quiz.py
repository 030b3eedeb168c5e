"""The ``{quiz}`` directive: a question with one right answer and feedback on each.

It is native radio buttons in a fieldset: the style sheet alone shows the feedback, so it works
with no kernel, no network and no script. The script adds spoken feedback and remembers answers.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

_MARK = re.compile(r"\[([ x])\]\s*")


class quiz(nodes.General, nodes.Element):
    """The question, then its choices."""


class quiz_choice(nodes.General, nodes.Element):
    """One choice: its label, then its feedback."""


class quiz_label(nodes.General, nodes.TextElement):
    """The text beside a radio button."""


class quiz_feedback(nodes.General, nodes.Element):
    """What a choice answers."""


class QuizDirective(SphinxDirective):
    """Turn a question and a list of ``[ ]`` and ``[x]`` items into a self-check."""

    has_content = True
    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """Parse the content and build the nodes."""
        name = self.arguments[0]
        body = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, body)
        items = body.children[-1] if body.children else None
        if not isinstance(items, nodes.bullet_list) or len(body) < 2:
            raise self.error(f"quiz {name}: needed a question and then a list of choices")
        self.seen(name)
        node = quiz(name=name, ids=[f"quiz-{name}"])
        node += body.children[:-1]
        node += [self.choice(name, number, item) for number, item in enumerate(items)]
        if [choice["right"] for choice in node.findall(quiz_choice)].count(True) != 1:
            raise self.error(f"quiz {name}: needed exactly one [x] among the choices")
        return [node]

    def seen(self, name: str) -> None:
        """Refuse a name that a quiz on this page already has."""
        names = self.env.temp_data.setdefault("quiz_names", set())
        if name in names or not re.fullmatch(r"[a-z0-9-]+", name):
            raise self.error(f"needed a new name of small letters, digits and -, got {name!r}")
        names.add(name)

    def choice(self, name: str, number: int, item: nodes.Element) -> quiz_choice:
        """Build one choice from its list item: the first paragraph is the label."""
        mark = _MARK.match(item.astext())
        if mark is None or len(item) < 2:
            raise self.error(f"quiz {name}: needed '[ ] choice', a blank line, its feedback")
        label = quiz_label("", "", *item[0].children)
        first = next(iter(label.findall(nodes.Text)))
        first.parent.replace(first, nodes.Text(_MARK.sub("", first.astext(), count=1)))
        node = quiz_choice("", label, quiz=name, number=number, right=mark[1] == "x")
        node += quiz_feedback("", *item.children[1:])
        return node


def visit_quiz(self: HTML5Translator, node: quiz) -> None:
    """Open the fieldset."""
    self.body.append(
        f'<fieldset class="quiz" id="{node["ids"][0]}" data-quiz="{node["name"]}">'
        "<legend>Check yourself</legend>\n"
    )


def depart_quiz(self: HTML5Translator, node: quiz) -> None:
    """Close the fieldset, with a line that screen readers speak."""
    self.body.append('<p class="quiz-status" role="status"></p></fieldset>\n')


def visit_choice(self: HTML5Translator, node: quiz_choice) -> None:
    """Open a choice."""
    self.body.append(f'<div class="quiz-choice" data-right="{str(node["right"]).lower()}">')


def depart_choice(self: HTML5Translator, node: quiz_choice) -> None:
    """Close a choice."""
    self.body.append("</div>\n")


def visit_label(self: HTML5Translator, node: quiz_label) -> None:
    """Open the label with its radio button."""
    choice = node.parent
    self.body.append(
        f'<label><input type="radio" name="quiz-{choice["quiz"]}" value="{choice["number"]}"/>'
        "<span>"
    )


def depart_label(self: HTML5Translator, node: quiz_label) -> None:
    """Close the label."""
    self.body.append("</span></label>")


def visit_feedback(self: HTML5Translator, node: quiz_feedback) -> None:
    """Open the feedback, which starts with the verdict."""
    verdict = "Right." if node.parent["right"] else "No."
    self.body.append(f'<div class="quiz-feedback"><strong class="quiz-verdict">{verdict}</strong>')


def depart_feedback(self: HTML5Translator, node: quiz_feedback) -> None:
    """Close the feedback."""
    self.body.append("</div>")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and its nodes with Sphinx."""
    app.add_directive("quiz", QuizDirective)
    app.add_node(quiz, html=(visit_quiz, depart_quiz))
    app.add_node(quiz_choice, html=(visit_choice, depart_choice))
    app.add_node(quiz_label, html=(visit_label, depart_label))
    app.add_node(quiz_feedback, html=(visit_feedback, depart_feedback))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
