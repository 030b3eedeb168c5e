"""Short files of the kernel's, with as little of Python as that takes.

Every page a child is the first to touch is copied for it, and buffers, codecs and paths fill many.
"""

import os


def read(file: str) -> str:
    """The text of a file of one page at most.

    Raises:
        OSError: If there is none, or it cannot be read.
    """
    descriptor = os.open(file, os.O_RDONLY)
    try:
        return os.read(descriptor, 4096).decode()
    finally:
        os.close(descriptor)


def write(file: str, text: str) -> None:
    """Write a file that exists.

    Raises:
        OSError: If the kernel refuses it.
    """
    descriptor = os.open(file, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
