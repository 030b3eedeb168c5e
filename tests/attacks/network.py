"""Talking to somebody: sockets of all kinds, this machine only."""

from course_lib.grading.attacks.model import cell, table

ATTACKS = table(
    "network",
    cell(
        "tcp",
        "sends its findings to a listener on this machine",
        """
import socket
socket.create_connection(("127.0.0.1", @port@), 2).send(b"@name@")
""",
        solved=True,
    ),
    cell(
        "udp",
        "sends a datagram",
        """
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"@name@", ("127.0.0.1", @port@))
""",
        solved=True,
    ),
    cell(
        "tcp-ipv6-mapped",
        "connects by an address of another family",
        """
import socket
one = socket.socket(socket.AF_INET6)
one.settimeout(2)
one.connect(("::ffff:127.0.0.1", @port@))
one.send(b"@name@")
""",
        solved=True,
    ),
    cell(
        "tcp-fast-open",
        "sends with the first packet, without connecting",
        """
import socket
one = socket.socket()
one.sendto(b"@name@", 0x20000000, ("127.0.0.1", @port@))
""",
        solved=True,
    ),
    cell(
        "unix-socket",
        "connects to a socket in the file system",
        """
import socket
one = socket.socket(socket.AF_UNIX)
one.connect("@socket@")
one.send(b"@name@")
""",
        solved=True,
    ),
    cell(
        "abstract-socket",
        "connects to a socket that has a name but no file",
        """
import socket
one = socket.socket(socket.AF_UNIX)
one.connect("\\0@abstract@")
one.send(b"@name@")
""",
        solved=True,
    ),
    cell(
        "pair-turned-around",
        "uses a socket pair it already has to send elsewhere",
        """
import socket
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
for address in ("\\0@abstract@", "@socket@"):
    try:
        ours.sendto(b"@name@", address)
        ours.connect(address)
    except OSError as error:
        print(error)
""",
        solved=True,
    ),
    cell(
        "system-calls",
        "makes its sockets by the number of the system call",
        """
import ctypes, struct, socket
libc = ctypes.CDLL(None, use_errno=True)
number = libc.syscall(41, 2, 1, 0)
address = struct.pack("<HH", 2, socket.htons(@port@)) + socket.inet_aton("127.0.0.1") + bytes(8)
print(number, libc.syscall(42, number, address, 16), ctypes.get_errno())
if number >= 0:
    libc.syscall(1, number, b"@name@", len("@name@"))
""",
        solved=True,
    ),
    cell(
        "urllib",
        "asks for a page",
        """
import urllib.request
urllib.request.urlopen("http://127.0.0.1:@port@/@name@", timeout=2)
""",
        solved=True,
    ),
    cell(
        "listens",
        "waits for visitors on a port of its own",
        """
import socket
one = socket.create_server(("127.0.0.1", 0))
open("@mark@", "w").write(str(one.getsockname()))
""",
        solved=True,
    ),
    cell(
        "torch-distributed",
        "has torch start a store that listens and connects",
        """
import torch.distributed as dist
from datetime import timedelta
try:
    dist.TCPStore("127.0.0.1", @port@, is_master=False, timeout=timedelta(seconds=1))
except Exception as error:
    print(type(error).__name__)
""",
        solved=True,
    ),
    cell(
        "installs",
        "has the package manager install from this machine",
        "%pip install --index-url http://127.0.0.1:@port@/@name@ course-attack",
        solved=True,
    ),
)
