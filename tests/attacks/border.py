"""The border between student and judge: answers of forms nobody expects, forged messages."""

from course_lib.grading.attacks.model import cell, change, table, written

FIND = """
import os, socket, stat, struct, json
def border():
    for number in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                yield number
        except OSError:
            pass
def message(value, tensors=(), body=b""):
    header = json.dumps({"value": value, "tensors": list(tensors)}).encode()
    return struct.pack("<IQ", len(header), len(body)) + header + body
"""


def _answers(name, tries, body):
    """A wrong answer of some form from a velocity rule, in the place of a pair of tensors."""
    return change(name, tries, written("rate_inside-solution", body))


def _writes(name, tries, code, **options):
    return cell(name, tries, FIND + code, **options)


ATTACKS = table(
    "border",
    _answers(
        "answer-huge",
        "answers with a tensor of 80 million bytes",
        "big = torch.zeros(10_000_000, dtype=torch.float64)\nreturn big, big",
    ),
    _answers(
        "answer-expanded",
        "answers with a tensor that is huge only when it is copied",
        "big = torch.zeros(1).expand(10**11)\nreturn big, big",
    ),
    _answers(
        "answer-many",
        "answers with thousands of tensors",
        "return tuple(torch.zeros(1) for _ in range(5000))",
    ),
    _answers(
        "answer-sparse",
        "answers with sparse tensors",
        "return velocity.to_sparse(), velocity.to_sparse()",
    ),
    _answers(
        "answer-meta",
        "answers with tensors without numbers",
        "return velocity.to('meta'), velocity.to('meta')",
    ),
    _answers(
        "answer-quantized",
        "answers with quantized tensors",
        """
import warnings
warnings.simplefilter("ignore")
q = torch.quantize_per_tensor(velocity.float(), 0.1, 0, torch.qint8)
return q, q
""",
    ),
    _answers(
        "answer-integers",
        "answers with whole numbers, which compare without a tolerance",
        "return velocity.long(), velocity.long()",
    ),
    _answers(
        "answer-complex",
        "answers with complex numbers",
        "return velocity + 1j * velocity, velocity + 1j * velocity",
    ),
    _answers("answer-half", "answers in half precision", "return velocity.half(), velocity.half()"),
    _answers(
        "answer-empty",
        "answers with tensors of nothing, in which nothing is wrong",
        "return torch.zeros(0), torch.zeros(0, 0)",
    ),
    _answers(
        "answer-broadcast",
        "answers with one number for all, which broadcasting spreads",
        "return torch.tensor(math.nan), torch.tensor(math.nan)",
    ),
    _answers(
        "answer-nested",
        "answers with a nested tensor",
        """
import warnings
warnings.simplefilter("ignore")
n = torch.nested.nested_tensor([velocity.flatten(), velocity.flatten()[:1]])
return n, n
""",
    ),
    _answers(
        "answer-negative-view",
        "answers with views whose sign and order are put off",
        "v = torch.zeros(3, 2, dtype=torch.complex128).conj().imag\nreturn v, v",
    ),
    _answers(
        "answer-lying-class",
        "answers with an object that lies about its class",
        """
class Liar:
    __class__ = torch.Tensor
    def __getattr__(self, name):
        return lambda *a, **k: self
    def __eq__(self, other):
        return True
return Liar(), Liar()
""",
    ),
    _answers(
        "answer-subclass-methods",
        "answers with a subclass whose clone is something else",
        """
class Odd(torch.Tensor):
    def detach(self):
        return "no tensor"
    def clone(self):
        return [1]
found = velocity.as_subclass(Odd)
return found, found
""",
    ),
    _answers(
        "answer-deep",
        "answers with lists a thousand deep",
        """
deep = []
for _ in range(900):
    deep = [deep]
return deep, deep
""",
    ),
    _answers(
        "answer-long-words",
        "answers with an error of a hundred megabytes",
        "raise ValueError('x' * 100_000_000)",
    ),
    _answers(
        "answer-bad-words",
        "answers with an error that cannot be written",
        """
class Bad(Exception):
    def __str__(self):
        return "\\ud800 \\x00 \\x1b[2J" * 100
raise Bad
""",
    ),
    _answers(
        "answer-error-without-words",
        "raises an error whose words raise another",
        """
class Worse(Exception):
    def __str__(self):
        raise Worse
    __repr__ = __str__
raise Worse
""",
    ),
    _answers(
        "answer-passed",
        "answers with what a judge might say",
        "return {'outcome': 'passed', 'score': 3}, True",
    ),
    change(
        "parameter-resized",
        "leaves parameters that are no longer what was given",
        written("adam-solution", "param.data = torch.zeros(0)\nparam.grad = None"),
        written("sgd-solution", "param.resize_(1)\nparam.set_(torch.zeros(1, dtype=param.dtype))"),
        written("adagrad-solution", "param.__class__ = type('T', (torch.nn.Parameter,), {})"),
    ),
    _writes(
        "message-passed",
        "writes an answer that says passed on the judge's channel",
        """
for number in border():
    for asked in range(1, 200):
        os.write(number, message({"number": asked, "answer": {"outcome": "passed", "score": 10}}))
""",
    ),
    _writes(
        "message-answers-ahead",
        "writes answers to questions that are not asked yet",
        """
said = {"outcome": "answered", "trajectory": [[{"\\0tensor": 0}]], "faults": {}}
for number in border():
    for asked in range(1, 300):
        os.write(number, message({"number": asked, "answer": said}, [["float64", [1]]], b"\\0" * 8))
""",
    ),
    _writes(
        "message-garbage",
        "writes a megabyte of noise on the judge's channel",
        """
for number in border():
    os.set_blocking(number, False)
    try:
        os.write(number, os.urandom(1_000_000))
    except OSError as error:
        print(error)
    os.set_blocking(number, True)
""",
    ),
    _writes(
        "message-length-lies",
        "announces a message of many gigabytes",
        """
for number in border():
    os.write(number, struct.pack("<IQ", 2**32 - 1, 2**63))
""",
    ),
    _writes(
        "message-never-ends",
        "announces a message and sends a part of it",
        """
import time
for number in border():
    os.write(number, struct.pack("<IQ", 1000, 0) + b"{")
time.sleep(2)
""",
    ),
    _writes(
        "message-deep",
        "sends a header of a hundred thousand brackets",
        """
for number in border():
    deep = b"[" * 100_000 + b"]" * 100_000
    os.write(number, struct.pack("<IQ", len(deep), 0) + deep)
""",
    ),
    _writes(
        "message-odd-shapes",
        "sends tensors of impossible shapes",
        """
for number in border():
    for shape in ([-1], [2**62, 2**62], [1.5], ["a"], [True], [0] * 1000, 7, None):
        os.write(number, message({"number": 2, "outputs": []}, [["float64", shape]]))
""",
    ),
    _writes(
        "message-odd-dtypes",
        "sends tensors of types that do not exist",
        """
for number in border():
    for dtype in ("object", "__class__", "qint8", "", None, 5, ["float64"]):
        os.write(number, message({"number": 2, "outputs": []}, [[dtype, [1]]], b"\\0" * 8))
""",
    ),
    _writes(
        "message-odd-outputs",
        "sends outputs that are no outputs",
        """
for number in border():
    for outputs in ([{"output_type": "error"}], "x", [1], {"a": 1}, [{"output_type": "x"}],
                    [{"output_type": "stream", "name": "../x", "text": 5}],
                    [{"output_type": "display_data", "data": {"image/png": "<script>"}}]):
        os.write(number, message({"number": 2, "outputs": outputs}))
""",
    ),
    _writes(
        "message-scripts",
        "sends rich outputs no shell would, scripts among them",
        """
bad = "<script>course-attack</script>"
outputs = [
    {"output_type": "display_data", "data": {"text/html": bad, "application/javascript": bad,
     "image/svg+xml": f"<svg onload='course-attack()'>{bad}</svg>", "text/latex": bad}},
    {"output_type": "error", "ename": bad, "evalue": bad, "traceback": [bad]},
    {"output_type": "stream", "name": "stdout", "text": bad},
]
for number in border():
    for asked in range(1, 100):
        os.write(number, message({"number": asked, "outputs": outputs}))
""",
    ),
    _writes("channel-closed", "closes every descriptor there is", "os.closerange(3, 200)"),
    _writes(
        "channel-replaced",
        "puts a socket of its own in the place of the judge's channel",
        """
for number in border():
    ours, theirs = socket.socketpair()
    os.dup2(theirs.fileno(), number)
    ours.send(message({"number": 1, "do": "run", "seconds": 1, "source": "print(1)"}))
    held = ours
""",
    ),
    _writes(
        "channel-by-proc",
        "writes to every descriptor it finds below /proc",
        """
import glob
for path in glob.glob("/proc/[0-9]*/fd/*"):
    try:
        with open(path, "wb", 0) as file:
            os.set_blocking(file.fileno(), False)
            file.write(message({"number": 1, "answer": {"outcome": "passed"}}))
    except (OSError, ValueError) as error:
        pass
""",
    ),
    _writes(
        "channel-descriptors-sent",
        "sends descriptors over the judge's channel",
        """
for number in border():
    one = socket.socket(fileno=os.dup(number))
    null = os.open("/dev/null", os.O_RDONLY)
    try:
        socket.send_fds(one, [b"x"], [null] * 20)
    except OSError as error:
        print(error)
""",
    ),
    _writes(
        "questions-intercepted",
        "reads the judge's questions itself and answers as it likes",
        """
import threading
def answer(number):
    while True:
        got = os.read(number, 1 << 20)
        if not got:
            return
        try:
            asked = json.loads(got[12:].split(b', "tensors"')[0] + b"}")["value"]["number"]
            os.write(number, message({"number": asked, "outputs": [],
                     "answer": {"outcome": "answered", "trajectory": [], "faults": {}}}))
        except (ValueError, KeyError):
            pass
for number in border():
    threading.Thread(target=answer, args=(number,), daemon=True).start()
""",
    ),
)
