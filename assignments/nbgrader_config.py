"""Settings of the course for every nbgrader command run in this folder."""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821 (nbgrader hands it to this file)

here = Path(__file__).resolve().parent
student_edition = here.parent / "_build" / "student"

# nbgrader makes its database with a program of its own environment, looked up on the path.
os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))

c.CourseDirectory.root = str(here)
c.CourseDirectory.course_id = "neural-networks"

c.ClearSolutions.code_stub = {
    "python": "# YOUR CODE HERE\nraise NotImplementedError('Yours to write: replace this line.')"
}

# A submission's names, points and test cells are rebuilt from the gradebook before it runs.
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "course_lib.grading.sanitize.RestoreCells",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# COURSE_GRADER=stock grades in nbgrader's own way, tests beside the student's code;
# COURSE_GRADER=kernel as well, in kernels forked from a warm parent and shut in.
forked = os.environ.get("COURSE_GRADER") == "kernel"
stock = forked or os.environ.get("COURSE_GRADER") == "stock"
sealed = "course_lib.grading.sealed.plugin"
c.Autograde.autograde_preprocessors = [
    "course_lib.grading.execute.BoundedExecute" if stock else f"{sealed}.SealedExecute",
    "nbgrader.preprocessors.LimitOutput",
    f"{sealed}.StockScores" if stock else f"{sealed}.SealedScores",
    "nbgrader.preprocessors.AssignLatePenalties",
    f"{sealed}.Disarm",
]
if not stock:
    from course_lib.grading.sealed import precheck

    precheck.install()

c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.InstantiateTests",
    *([] if stock else [f"{sealed}.RefuseUnjudgeable"]),
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Submissions run on the student edition where it has been derived (`make student`).
if student_edition.is_dir():
    c.BoundedExecute.library = str(student_edition)

# Seconds a cell may run. Cells of the capstone train networks.
c.Execute.timeout = 30
c.BoundedExecute.timeouts = {"training": 300}
# A cell is judged by its outputs: wait for them, however much was printed.
c.Execute.iopub_timeout = 20
c.Execute.shutdown_kernel = "immediate"
# Kernels warn at every start that they talk over TCP on this machine.
c.Execute.extra_arguments = ["--IPKernelApp.log_level=ERROR"]
# nbclient passes over cells with this tag, and nbgrader then gives them full points.
c.Execute.skip_cells_with_tag = "no-cell-is-skipped-in-this-course"

if forked:
    from course_lib.grading import kernel

    kernel.turn_on(c)
    c.ForkedProvisioner.preload = [*kernel.PRELOAD, *kernel.OWN]
    # Nobody looks at the course's own pictures in what is graded.
    c.ForkedProvisioner.variables = {"COURSE_GRADING": "1"}

# A page is built from the record: hidden tests and students' HTML stay out of it.
c.GenerateFeedback.exporter_class = "course_lib.grading.feedback.Feedback"
c.GenerateFeedback.preprocessors = []
