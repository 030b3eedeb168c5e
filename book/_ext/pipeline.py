"""The ``{pipeline}`` directive: a strip of the stages of a project, with those of this page marked.

It stands at the head of the chapters that walk through the pipeline: ``{pipeline} data`` or, where
a chapter is about several stages, ``{pipeline} data preparation``.
"""

from __future__ import annotations

from typing import NamedTuple

from docutils import nodes
from links import link
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator


class Stage(NamedTuple):
    """One stage, and where the book treats it."""

    title: str
    page: str
    label: str = ""


STAGES = {
    "problem": Stage("Problem statement", "01_harder_than_it_looks"),
    "data": Stage("Data collection", "02_data"),
    "metrics": Stage("Metrics", "03_metrics"),
    "preparation": Stage("Data preparation", "02_data", "sec-preparation"),
    "training": Stage("Training", "05_training_loop"),
    "performance": Stage("Performance", "23_deployment"),
    "deployment": Stage("Deployment", "23_deployment"),
}


class pipeline(nodes.General, nodes.Element):
    """The strip."""


class pipeline_stage(nodes.General, nodes.TextElement):
    """One stage of the strip."""


class PipelineDirective(SphinxDirective):
    """Show all stages in their order, and mark the named ones."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Build the strip; a stage whose page is not written yet has no link."""
        here = self.arguments[0].split()
        if unknown := sorted(set(here) - set(STAGES)):
            raise self.error(f"needed stages out of {', '.join(STAGES)}, got {', '.join(unknown)}")
        strip = pipeline()
        strip += [self.stage(stage, name in here) for name, stage in STAGES.items()]
        return [strip]

    def stage(self, stage: Stage, marked: bool) -> pipeline_stage:
        """Build one stage: marked, or a link to its page."""
        node = pipeline_stage("", "", marked=marked)
        if marked or f"book/{stage.page}" not in self.env.found_docs:
            node += nodes.inline("", stage.title)
        else:
            kind, target = ("ref", stage.label) if stage.label else ("doc", f"/book/{stage.page}")
            node += link(self.env.docname, kind, target, stage.title)
        return node


def visit_pipeline(self: HTML5Translator, node: pipeline) -> None:
    """Open the strip."""
    self.body.append(
        '<nav class="pipeline" aria-label="Stages of the pipeline">'
        '<p class="pipeline-title">You are here</p>\n<ol>\n'
    )


def depart_pipeline(self: HTML5Translator, node: pipeline) -> None:
    """Close the strip: after the last stage the pipeline begins again."""
    self.body.append('</ol>\n<p class="pipeline-again">and around again</p></nav>\n')


def visit_stage(self: HTML5Translator, node: pipeline_stage) -> None:
    """Open a stage."""
    self.body.append('<li aria-current="step">' if node["marked"] else "<li>")


def depart_stage(self: HTML5Translator, node: pipeline_stage) -> None:
    """Close a stage."""
    self.body.append("</li>\n")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and its nodes with Sphinx."""
    app.add_directive("pipeline", PipelineDirective)
    app.add_node(pipeline, html=(visit_pipeline, depart_pipeline))
    app.add_node(pipeline_stage, html=(visit_stage, depart_stage))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
