# SPDX-License-Identifier: Apache-2.0
"""Large files and many files."""
import fcntl
import os
import pty
import re
import signal
import struct
import termios
import time

from harness import check, test, until
from kills import folder_of_files, receipts_hold

ALONE = True

MB = 1_000_000


def peak_while_running(process):
    """Runs a process to its end; its greatest resident size in bytes, as the kernel last told while it ran.

    Not ru_maxrss of wait4: that begins with the size of the parent it was forked from, which is this harness.
    """
    peak = 0
    while process.poll() is None:
        try:
            with open(f"/proc/{process.pid}/status") as status:
                marks = [line.split()[1] for line in status if line.startswith("VmHWM:")]
        except FileNotFoundError:
            break
        peak = max([peak] + [int(mark) * 1024 for mark in marks])
        time.sleep(0.02)
    return process.wait(), peak


@test
def large_file(room):
    """Depositing and verifying a large file takes less than 100 MB of memory, and the rate is shown."""
    size = 4 << 30 if room.full else 512 << 20
    node = room.node().start()
    path = os.path.join(room.path, "large.bin")
    with open(path, "wb") as handle:
        handle.truncate(size)
        handle.seek(size // 2)
        handle.write(b"not all zeros")
    for words in (("evidence", "put", path, "--node", node.url), ("evidence", "verify", path)):
        begun = time.monotonic()
        code, peak = peak_while_running(room.spawn(*words, "--data", node.data))
        seconds = time.monotonic() - begun
        check(code == 0, words, "exit", code)
        check(0 < peak < 100 * MB, words[1], f"takes {peak / MB:.0f} MB")
        room.note(f"{words[1]} of {size >> 20} MiB: {size / MB / seconds:.0f} MB/s, peak {peak / MB:.0f} MB")


class Terminal:
    """A process whose stderr is a terminal of our making."""

    def __init__(self, room, *words):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        self.process = room.spawn(*words, err=slave, env={"TERM": "xterm"})
        os.close(slave)
        os.set_blocking(self.master, False)
        self.said = ""

    def read(self):
        try:
            while True:
                piece = os.read(self.master, 65_536)
                if not piece:
                    break
                self.said += piece.decode(errors="replace")
        except (BlockingIOError, OSError):
            pass
        return self.said

    def finish(self, patience):
        until(lambda: (self.read() or True) and self.process.poll() is not None, patience, "the command ends")
        self.read()
        os.close(self.master)
        return self.process.returncode


@test
def progress_and_interrupt(room):
    """Over a thousand files show progress on a terminal; Ctrl-C leaves whole receipts only, and a repeat finishes the rest."""
    node = room.node().start()
    folder = folder_of_files(room, "papers", 3_000)
    words = ("evidence", "put", folder, "--recursive", "--data", node.data, "--node", node.url)
    shown = Terminal(room, *words)
    until(lambda: "%" in shown.read(), 20, "progress is shown")
    until(lambda: os.path.exists(os.path.join(folder, "0", "0.txt.receipt")), 20, "the first receipt")
    # Asked of this run: where the interrupt comes late, the repeat may have too little to do to show any progress.
    check("\r" in shown.said or "\x1b[" in shown.said, "no progress is drawn:", shown.said[:200])
    check(re.search(r"/s", shown.said), "the rate is not shown:", shown.said[:200])
    shown.process.send_signal(signal.SIGINT)
    code = shown.finish(10)
    check(code != 0, "an interrupted command says it is done")
    had = receipts_hold(node, folder)
    check(0 < had < 3_000, f"{had} receipts after the interrupt")
    leftovers = [name for _, _, names in os.walk(folder) for name in names if name.endswith("~")]
    shown = Terminal(room, *words)
    check(shown.finish(120) == 0, "the repeat fails:", shown.said[-300:])
    check(receipts_hold(node, folder) == 3_000, "not every file has a receipt")
    room.note(f"{had} receipts at the interrupt, {len(leftovers)} half-written names left")


@test
def quiet_when_piped(room):
    """Where stderr is no terminal there is no progress bar and no escape sequence anywhere."""
    node = room.node().start()
    folder = folder_of_files(room, "papers", 300)
    ran = node.put(folder, "--recursive").expect(0)
    for text in (ran.out, ran.err):
        check("\x1b" not in text and "\r" not in text, "control characters in a pipe:", repr(text[:200]))
