"""The folder that is handed in: links, pipes, sizes, files that break their readers."""

import json
import os
import socket

import nbformat

from course_lib.grading.attacks.model import cell, change, table

MANY = 300
LARGE = 30_000_000


def _course(path):
    """The course a submission is written into."""
    return path.parents[3]


def _victims_notebook(path):
    submitted = _course(path) / "submitted"
    return submitted / "zoe-witness" / path.parent.name / path.name


def _linked(kind, target):
    def save(notebook, path):
        kind(target(path), path)

    return save


def _beside(*actions):
    """Write the notebook as it should be, and do something beside it."""

    def save(notebook, path):
        nbformat.write(notebook, path)
        for action in actions:
            action(path.parent)

    return save


def _text(text):
    def save(notebook, path):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    return save


def _deep(notebook, path):
    path.write_text("[" * 200_000 + "]" * 200_000)


def _deep_metadata(notebook, path):
    text = nbformat.writes(notebook)
    deep = '{"a":' * 50_000 + "1" + "}" * 50_000
    path.write_text(text.replace('"metadata": {', f'"metadata": {{"deep": {deep},', 1))


def _huge_cell(notebook, path):
    notebook.cells.append(nbformat.v4.new_markdown_cell("x" * LARGE))
    nbformat.write(notebook, path)


def _many_cells(notebook, path):
    raw = json.loads(nbformat.writes(notebook))
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    raw["cells"] += [{**cell, "id": f"c{i}", "source": "x = 1"} for i in range(3000)]
    path.write_text(json.dumps(raw))


def _many_outputs(notebook, path):
    raw = json.loads(nbformat.writes(notebook))
    one = {"output_type": "stream", "name": "stdout", "text": "x"}
    code = next(cell for cell in raw["cells"] if cell["cell_type"] == "code")
    code["outputs"] = [one] * 200_000
    path.write_text(json.dumps(raw, separators=(",", ":")))


def _bomb(notebook, path):
    """An output that would be a hundred times as large once it is unpacked."""
    import base64
    import zlib

    packed = base64.b64encode(zlib.compress(b"0" * 20_000_000)).decode()
    code = next(cell for cell in notebook.cells if cell.cell_type == "code")
    data = {"image/png": packed, "application/zip": packed}
    code.outputs = [nbformat.v4.new_output("display_data", data=data)]
    nbformat.write(notebook, path)


def _surrogates(notebook, path):
    raw = json.loads(nbformat.writes(notebook))
    raw["cells"][0]["source"] = "\ud800 \udfff \x00 \u202e abc"
    path.write_text(json.dumps(raw))


def _bytes(notebook, path):
    path.write_bytes(nbformat.writes(notebook).encode().replace(b"The", b"\xff\xfe\x80", 3))


def _utf16(notebook, path):
    path.write_text(nbformat.writes(notebook), encoding="utf-16")


def _numbers(notebook, path):
    path.write_text(nbformat.writes(notebook).replace('"nbformat": 4', f'"nbformat": {"9" * 4000}'))


def _unix_socket(folder):
    here = os.getcwd()
    os.chdir(folder)  # a socket's address is short
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("a-socket")
    finally:
        os.chdir(here)


def _many_files(folder):
    for number in range(MANY):
        (folder / f"{number}.txt").write_text("x")


def _large_file(folder):
    with (folder / "large.bin").open("wb") as file:
        file.truncate(2 * LARGE)  # a file of holes: it takes no room on the disk


def _deep_folders(folder):
    for _ in range(60):
        folder = folder / "down"
    folder.mkdir(parents=True)
    (folder / "file.txt").write_text("x")


def _odd_file_names(folder):
    for name in ("-rf", "a\nb", "$(touch x)", "`id`", "<script>course-attack<", " ", "é\u202e.py"):
        (folder / name).write_text("x")


def _folder_for_a_notebook(notebook, path):
    path.mkdir()


ATTACKS = table(
    "submission",
    change(
        "symlink-notebook",
        "hands in a link to a classmate's notebook",
        save=_linked(os.symlink, _victims_notebook),
    ),
    change(
        "symlink-source",
        "hands in a link to the instructor's notebook",
        save=_linked(os.symlink, lambda p: _course(p) / "source" / p.parent.name / p.name),
    ),
    change("symlink-nowhere", "hands in a link to itself", save=_linked(os.symlink, lambda p: p)),
    change(
        "symlink-endless",
        "hands in a link to a device without an end",
        save=_linked(os.symlink, lambda p: "/dev/zero"),
    ),
    change(
        "symlink-beside",
        "hands in a link to the gradebook beside the notebook",
        save=_beside(lambda f: (f / "data.db").symlink_to(f.parents[2] / "gradebook.db")),
    ),
    change(
        "symlink-folder",
        "hands in a link to the whole class beside the notebook",
        save=_beside(lambda f: (f / "data").symlink_to(f.parents[1])),
    ),
    change(
        "symlink-library",
        "hands in a link to the key as its own library",
        save=_beside(lambda f: (f / "my_course_lib.py").symlink_to(f.parents[2] / "secret.key")),
    ),
    change(
        "fifo",
        "hands in a pipe that never ends",
        save=_linked(lambda target, path: os.mkfifo(path), lambda p: p),
    ),
    change(
        "fifo-beside",
        "hands in a pipe beside the notebook",
        save=_beside(lambda f: os.mkfifo(f / "data.csv")),
    ),
    change("socket-beside", "hands in a socket beside the notebook", save=_beside(_unix_socket)),
    change("many-files", "hands in hundreds of files", save=_beside(_many_files)),
    change("large-file", "hands in a file of many megabytes", save=_beside(_large_file)),
    change(
        "deep-folders",
        "hands in folders within folders within folders",
        save=_beside(_deep_folders),
        solved=True,
    ),
    change(
        "odd-file-names",
        "hands in files whose names are commands and scripts",
        save=_beside(_odd_file_names),
        solved=True,
    ),
    change(
        "folder-for-a-notebook",
        "hands in a folder by the notebook's name",
        save=_folder_for_a_notebook,
    ),
    change("deep-json", "hands in 200,000 brackets", save=_deep),
    change("deep-metadata", "hides deep metadata in a notebook", save=_deep_metadata),
    change("huge-cell", "hands in a cell of 30 megabytes", save=_huge_cell),
    change("many-cells", "hands in 3,000 further cells", save=_many_cells),
    change("many-outputs", "hands in 200,000 outputs", save=_many_outputs, solved=True),
    change(
        "packed-outputs",
        "hands in outputs that unpack to a hundred times their size",
        save=_bomb,
        solved=True,
    ),
    change("surrogates", "hands in halves of characters", save=_surrogates),
    change("broken-bytes", "hands in bytes that are no text", save=_bytes),
    change("utf-16", "hands in another encoding", save=_utf16),
    change("long-numbers", "hands in numbers of thousands of digits", save=_numbers),
    change("empty-file", "hands in an empty file", save=_text("")),
    change("null-bytes", "hands in a file of zeros", save=_text(b"\0" * 1_000_000)),
    change("json-null", "hands in a file that says nothing", save=_text("null")),
    change(
        "pickle-for-a-notebook",
        "hands in a pickle that runs code when it is opened",
        save=_text(b"cos\nsystem\n(S'touch /tmp/course-attack-pickle'\ntR."),
    ),
    cell(
        "timestamp-forged",
        "hands in a timestamp of its own, long before it was late",
        "pass",
        files=(("timestamp.txt", "1970-01-01 00:00:00 UTC"),),
        solved=True,
    ),
    cell(
        "timestamp-broken",
        "hands in a timestamp that is none",
        "pass",
        files=(("timestamp.txt", "'; drop table grade; --\n" * 100),),
        solved=True,
    ),
    cell(
        "library-huge",
        "hands in a library of its own beyond all bounds",
        "import my_course_lib",
        files=(("my_course_lib.py", "x = 1\n" * 400_000),),
    ),
)
