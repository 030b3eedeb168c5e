"""Write the curves of a run for TensorBoard, and read them back."""

from __future__ import annotations

from pathlib import Path

from course_lib.training.history import History


def write_tensorboard(history: History, folder: str | Path) -> None:
    """Write each curve of a run as a scalar of TensorBoard, one point for each value.

    ``tensorboard --logdir FOLDER`` shows it. Give each run a folder of its own inside a common one
    to see them side by side.

    Args:
        history: The curves; each is written under its own name, in single precision.
        folder: Where to write; made if need be, without an earlier run in it.

    Raises:
        FileExistsError: If the folder holds a run: two in one folder become one zigzag curve.

    Example:
        >>> import tempfile
        >>> history = History()
        >>> history.log(10, loss=0.5)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_tensorboard(history, folder)
        ...     read_tensorboard(folder).points("loss")
        [(10, 0.5)]
    """
    # TensorBoard takes a second to import, and only these two functions need it.
    from torch.utils.tensorboard import SummaryWriter

    if Path(folder).exists() and any(Path(folder).glob("events.out.tfevents.*")):
        raise FileExistsError(f"needed a folder without a run, got {folder}")
    with SummaryWriter(str(folder)) as writer:
        for name in history:
            for step, value in history.points(name):
                writer.add_scalar(name, value, step)


def read_tensorboard(folder: str | Path) -> History:
    """Read the scalars of a run, all points of each.

    Args:
        folder: The folder the run was written to.

    Returns:
        The curves by the names they were written under.

    Raises:
        FileNotFoundError: If the folder holds no run.
    """
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    if not any(Path(folder).glob("events.out.tfevents.*")):
        raise FileNotFoundError(f"needed a folder that holds a run, got {folder}")
    # 0 means all; unless told, a long curve comes back as a sample of its points.
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()
    history = History()
    for name in events.Tags()["scalars"]:
        for event in events.Scalars(name):
            history.log(event.step, **{name: event.value})
    return history
