"""Which system calls Python, torch and matplotlib need once they are loaded.

Names only: libseccomp knows their numbers on every processor.
"""

import os
import socket

from course_lib.grading.sandbox.libseccomp import Test

FILES = """
access chdir close close_range copy_file_range dup dup2 dup3 faccessat faccessat2 fadvise64
fallocate fchdir fcntl fdatasync flock fstat fstatfs fsync ftruncate getcwd getdents getdents64
lseek lstat mkdir mkdirat newfstatat pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2
read readlink readlinkat readv rename renameat renameat2 rmdir sendfile stat statfs statx umask
unlink unlinkat write writev
"""
MEMORY = """
brk get_mempolicy madvise membarrier mincore mlock mmap mprotect mremap msync munlock munmap
set_mempolicy
"""
# Only descriptors that were handed over, or a pair of one's own, can be spoken through.
PAIRS = "getpeername getsockname getsockopt recvfrom recvmsg sendmsg sendto shutdown"
THREADS = """
arch_prctl exit exit_group futex futex_waitv get_robust_list getcpu gettid rseq
sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getparam sched_getscheduler
sched_yield set_robust_list set_tid_address wait4 waitid
"""
SIGNALS = """
pause restart_syscall rt_sigaction rt_sigpending rt_sigprocmask rt_sigreturn rt_sigsuspend
rt_sigtimedwait sigaltstack
"""
TIME = """
alarm clock_getres clock_gettime clock_nanosleep epoll_create epoll_create1 epoll_ctl epoll_pwait
epoll_wait eventfd eventfd2 getitimer gettimeofday nanosleep poll ppoll pselect6 select setitimer
time timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create
timerfd_gettime timerfd_settime times
"""
SELF = """
getegid geteuid getgid getgroups getpgid getpgrp getpid getppid getpriority getrandom getresgid
getresuid getrlimit getrusage getsid getuid sysinfo uname
"""
ALLOWED = " ".join((FILES, MEMORY, PAIRS, THREADS, SIGNALS, TIME, SELF)).split()

REFUSED = """
accept bind chmod chown chroot connect execve execveat fchmod fchmodat fchmodat2 fchown
fchownat fork fremovexattr fsetxattr io_uring_enter io_uring_register io_uring_setup ioprio_set
keyctl lchown link linkat listen lremovexattr lsetxattr mknod mknodat mount open_by_handle_at
perf_event_open pidfd_getfd pidfd_open pidfd_send_signal process_vm_readv process_vm_writev ptrace
removexattr rt_sigqueueinfo rt_tgsigqueueinfo sched_setattr sched_setparam setns
setpriority setxattr socket symlink symlinkat tkill truncate umount2 unshare userfaultfd utime
utimensat utimes vfork
""".split()
"""Answered by "operation not permitted"; all that is in no list here, by "no such call", on which
the C library falls back to older calls."""

WHOLE = 2**64 - 1
LOW = 2**32 - 1  # the kernel reads a C int from the lower half of an argument
Rules = dict[str, list[tuple[Test, ...]]]

CLONE_THREAD = 0x10000
CLONE_NAMESPACES = 0x7E020000
TERMINAL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS TIOCGWINSZ FIONREAD FIONBIO...
NAMES = (3, 15, 16, 23, 0x53564D41)  # PR_GET_DUMPABLE, thread names, PR_CAPBSET_READ, PR_SET_VMA


def opening(position: int) -> list[tuple[Test, ...]]:
    """Flags of ``open`` at ``position``: emptying a file needs the right to write it.

    Landlock enforces that only from its third version on.
    """
    access = os.O_ACCMODE
    return [
        ((position, os.O_TRUNC, 0),),
        ((position, access, os.O_WRONLY),),
        ((position, access, os.O_RDWR),),
    ]


def conditional() -> Rules:
    """Calls allowed where all tests of one of their rows hold; refused in every other case."""
    stream = ((0, LOW, socket.AF_UNIX), (1, 0xF, socket.SOCK_STREAM))
    return {
        "clone": [((0, CLONE_THREAD | CLONE_NAMESPACES, CLONE_THREAD),)],
        "ioctl": [((1, LOW, request),) for request in TERMINAL],
        "open": opening(1),
        "openat": opening(2),
        "prctl": [((0, LOW, option),) for option in NAMES],
        "prlimit64": [((0, LOW, 0), (2, WHOLE, 0))],
        "sched_setaffinity": [((0, LOW, 0),)],
        "socketpair": [stream],
    }


def speaking() -> Rules:
    """What open sockets need to be spoken through: callers, and libzmq's threads as they start.

    No new socket can be made, and no policy but the ordinary one be asked for.
    """
    return {"accept4": [()], "sched_setscheduler": [((1, LOW, os.SCHED_OTHER),)]}


def to_itself(pid: int) -> Rules:
    """Signals from process ``pid`` to itself and to its own threads."""
    return {"kill": [((0, LOW, pid),)], "tgkill": [((0, LOW, pid),)]}
