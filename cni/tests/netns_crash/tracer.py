"""Runs a program and kills it in front of its system call number K, counted over all its threads.

    tracer.py K PROGRAM [ARGUMENT ...]

K = 0 kills nothing. The last line on standard error is `tracer: CALLS NUMBER`: how many calls it
began, and the kernel's number of the one it was killed in front of (-1 when it ended by itself).
Processes that it starts are not traced, and stay when it is killed, as by a real kill.
`strace --inject` cannot do this: it counts each kind of call in each thread by itself.
"""

import ctypes
import os
import signal
import sys

TRACEME, SYSCALL, SETOPTIONS, GET_SYSCALL_INFO = 0, 24, 0x4200, 0x420E
SYSGOOD, CLONE, EXEC, EXITKILL = 0x1, 0x8, 0x10, 0x100000
WALL = 0x40000000
ENTRY = 1  # PTRACE_SYSCALL_INFO_ENTRY

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 3 + [ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, process, first=0, second=None):
    done = libc.ptrace(request, process, first, second)
    if done == -1:
        raise OSError(ctypes.get_errno(), "ptrace")
    return done


class Info(ctypes.Structure):
    """struct ptrace_syscall_info of linux/ptrace.h, as far as the call's number."""

    _fields_ = [("op", ctypes.c_uint8), ("pad", ctypes.c_uint8 * 3), ("arch", ctypes.c_uint32),
                ("ip", ctypes.c_uint64), ("sp", ctypes.c_uint64), ("number", ctypes.c_uint64),
                ("arguments", ctypes.c_uint64 * 6)]


def main():
    kill_at, argv = int(sys.argv[1]), sys.argv[2:]
    child = os.fork()
    if child == 0:
        ptrace(TRACEME, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        try:
            os.execv(argv[0], argv)
        finally:
            os._exit(127)
    os.waitpid(child, 0)
    ptrace(SETOPTIONS, child, 0, SYSGOOD | CLONE | EXEC | EXITKILL)
    ptrace(SYSCALL, child)
    started, calls, number, known, info = False, 0, -1, {child}, Info()
    while True:
        thread, status = os.waitpid(-1, WALL)
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            if thread != child:
                continue
            sys.stderr.write(f"\ntracer: {calls} {number}\n")
            sys.stderr.flush()
            if os.WIFSIGNALED(status):
                signal.signal(os.WTERMSIG(status), signal.SIG_DFL) if os.WTERMSIG(status) != signal.SIGKILL else None
                os.kill(os.getpid(), os.WTERMSIG(status))
            os._exit(os.WEXITSTATUS(status))
        stop, event, deliver = os.WSTOPSIG(status), status >> 16, 0
        if stop == signal.SIGTRAP | 0x80:
            if started:
                try:
                    ptrace(GET_SYSCALL_INFO, thread, ctypes.sizeof(info), ctypes.byref(info))
                except ProcessLookupError:
                    continue
                if info.op == ENTRY:
                    calls += 1
                    if calls == kill_at:
                        number = info.number
                        os.kill(child, signal.SIGKILL)
                        continue
        elif event:
            started = started or event == 4  # PTRACE_EVENT_EXEC
        elif thread not in known:
            known.add(thread)  # the stop that it begins with
        else:
            deliver = stop
        try:
            ptrace(SYSCALL, thread, 0, deliver)
        except ProcessLookupError:
            pass


main()
