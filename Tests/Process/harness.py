# SPDX-License-Identifier: Apache-2.0
"""What every process test stands on: a room of its own, the program, nodes that are started and always ended."""
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def _binary():
    given = os.environ.get("JIUDING_BINARY")
    if given:
        return os.path.abspath(given)
    scratch = os.environ.get("JIUDING_SCRATCH") or os.path.join(ROOT, ".build")
    return os.path.join(scratch, "release", "jiuding")


BINARY = _binary()
TESTS = []


class Failed(AssertionError):
    """What a test found wrong."""


class Skipped(Exception):
    """Why a test cannot be run here."""


def test(body):
    """Enters a function as a test; its docstring is the sentence it proves."""
    TESTS.append(body)
    return body


def check(fact, *what):
    if not fact:
        raise Failed(" ".join(str(word) for word in what))


def until(body, seconds, what):
    """Waits until `body` gives something true and returns it."""
    end = time.monotonic() + seconds
    while True:
        found = body()
        if found:
            return found
        check(time.monotonic() < end, f"not within {seconds} s: {what}")
        time.sleep(0.05)


GIVEN = set()
LANE = (0, 1)  # which of how many workers this process is


def free_port(count=8):
    """The first of `count` ports in a row that nobody holds.

    They lie below the kernel's own range: a port of that range is soon somebody's outgoing connection, and a node that
    starts later on "port + 1" would not find it free. None is given twice: each worker has a part of its own.
    """
    lane, lanes = LANE
    width = (32768 - 16384) // lanes
    while True:
        first = 16384 + lane * width + random.randrange(width - count)
        row = range(first, first + count)
        if GIVEN.isdisjoint(row) and all(is_free(port) for port in row):
            GIVEN.update(row)
            return first


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


class Ran:
    """What became of one run of the program."""

    def __init__(self, words, code, out, err, seconds):
        self.words, self.code, self.out, self.err, self.seconds = words, code, out, err, seconds

    def expect(self, code, *texts):
        told = self.out + self.err
        check(self.code == code, f"{' '.join(self.words)}: exit {self.code} instead of {code}:", told[-600:])
        for text in texts:
            check(text in told, f"{' '.join(self.words)}: no {text!r} in:", told[-600:])
        return self

    @property
    def json(self):
        """The one object on stdout; anything else there is a failure."""
        try:
            return json.loads(self.out)
        except ValueError as error:
            raise Failed(f"{' '.join(self.words)}: stdout is not one JSON object ({error}): {self.out[:300]}") from None


class Room:
    """A temporary folder with the processes started in it; all gone when the test ends."""

    def __init__(self, full):
        self.full = full
        self.path = tempfile.mkdtemp(prefix="jiuding-process-")
        self.notes = []
        self._processes = []
        self._mounts = []
        self._endings = []

    def file(self, name, content=b""):
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as handle:
            handle.write(content)
        return path

    def note(self, text):
        """A figure worth printing under the test's line."""
        self.notes.append(text)

    @staticmethod
    def environment(extra=None):
        names = {"PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "JIUDING_SIMD"}
        kept = {name: value for name, value in os.environ.items() if name in names}
        return {**kept, "LANG": "C.UTF-8", "NO_COLOR": "1", **(extra or {})}

    def run(self, *words, env=None, before=(), timeout=120, cwd=None):
        """Runs a command of the program to its end."""
        start = time.monotonic()
        ran = subprocess.run(
            [*before, BINARY, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
            env=self.environment(env), cwd=cwd or self.path, check=False)
        return Ran(words and list(map(str, words)), ran.returncode, ran.stdout.decode(), ran.stderr.decode(),
                   time.monotonic() - start)

    def spawn(self, *words, env=None, before=(), out=None, err=None, **more):
        """Starts a command of the program that this room ends at the latest with the test."""
        # A SIGINT ignored by a background shell would be ignored by the child too.
        process = subprocess.Popen(
            [*before, BINARY, *map(str, words)], stdin=more.pop("stdin", subprocess.DEVNULL),
            stdout=out or subprocess.DEVNULL, stderr=err or subprocess.DEVNULL, env=self.environment(env), cwd=self.path,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **more)
        self._processes.append(process)
        return process

    def node(self, data="data", **options):
        return Node(self, os.path.join(self.path, data), **options)

    def tmpfs(self, name, size):
        """A small disk of its own; skips where this machine does not let us mount one."""
        path = os.path.join(self.path, name)
        os.makedirs(path)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path], capture_output=True, check=False)
        if done.returncode != 0:
            raise Skipped(f"no tmpfs can be mounted here: {done.stderr.decode().strip()}")
        self._mounts.append(path)
        return path

    def at_end(self, body):
        """Runs `body` when the test has ended, whatever its verdict, after all processes."""
        self._endings.append(body)

    def leave(self):
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        for body in self._endings:
            body()
        for path in self._mounts:
            subprocess.run(["umount", "-l", path], capture_output=True, check=False)
        # For looking at what a failed test left behind.
        if not os.environ.get("JIUDING_KEEP_ROOMS"):
            # Seconds on some disks: the next test need not wait for it, the end of the run does.
            threading.Thread(target=shutil.rmtree, args=(self.path, True)).start()


class Node:
    """One `jiuding node` of a chain with one validator, on a port and in a data directory of its own."""

    def __init__(self, room, data, port=None, members=None, chain="main", before=(), env=None):
        self.room, self.data, self.port, self.chain = room, data, port or free_port(), chain
        self.members, self.before, self.env = members, before, env
        self.process, self.prepared = None, False
        self.log = os.path.join(room.path, f"node-{self.port}.log")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def store(self):
        return os.path.join(self.data, "node-0", "chains", self.chain)

    @property
    def config(self):
        return os.path.join(self.data, "node-0", "node.yaml")

    def prepare(self):
        """Lets `jiuding up` make keys, chain and configuration; what is there stays, but for the port."""
        words = ["up", "--prepare", "--validators", "1", "--data", self.data, "--port", self.port, "--chain", self.chain]
        words += ["--members", self.members] if self.members else []
        self.room.run(*words, before=self.before, env=self.env).expect(0)
        self.prepared = True

    def words(self):
        """What runs this node, prepared once."""
        if not self.prepared:
            self.prepare()
        return ["node", "--config", self.config]

    def start(self, patience=60):
        """Starts the node and returns once it said `ready`."""
        words = self.words()
        begun = time.monotonic()
        with open(self.log, "wb") as log:
            self.process = self.room.spawn(*words, before=self.before, env=self.env, out=log, err=log)
        until(lambda: self.process.poll() is not None or "ready" in self.said(), patience, "the node is ready")
        check(self.process.poll() is None, "the node did not start:", self.said()[-800:])
        self.seconds_to_ready = time.monotonic() - begun
        return self

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, number=signal.SIGTERM, patience=20):
        """Asks the node to stop; returns its exit code and how long it took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise Failed(f"still running {patience} s after signal {int(number)}: {self.said()[-300:]}") from None
        return self.process.returncode, time.monotonic() - begun

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def memory(self, field="VmRSS"):
        """Bytes, from the kernel's own account."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) * 1024
        return 0

    def run(self, *words, **more):
        """Runs a command that asks this node, with this node's data."""
        env = {"JIUDING_NODE": self.url, **more.pop("env", {})}
        return self.room.run(*words, env=env, **more)

    def put(self, *words, **more):
        return self.run("evidence", "put", *words, "--data", self.data, "--chain", self.chain, **more)

    def verify_store(self):
        """What `chain verify` says; the node must be stopped."""
        return self.room.run("chain", "verify", "--data", self.data, "--chain", self.chain, "--json", timeout=600)


class Background(threading.Thread):
    """A thread whose error reaches the test."""

    def __init__(self, body):
        super().__init__(daemon=True)
        self.body, self.error = body, None
        self.start()

    def run(self):
        try:
            self.body()
        except BaseException as error:  # noqa: BLE001 - handed on by `result`
            self.error = error

    def result(self, patience=60):
        self.join(patience)
        check(not self.is_alive(), "a helper thread did not end")
        if self.error:
            raise self.error
