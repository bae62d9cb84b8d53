# SPDX-License-Identifier: Apache-2.0
"""Networks for a site: where each node listens, what it calls the others, and faults between any two of them."""
import ctypes
import fcntl
import json
import os
import random
import socket
import struct
import subprocess
import sys
import threading

from harness import check

HERE = os.path.dirname(os.path.abspath(__file__))
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
TAKEN = set()


def low_port():
    """A free port below those that outgoing connections get: a node that is down finds it free again."""
    while True:
        port = random.randrange(20_000, 32_000)
        if port in TAKEN:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        TAKEN.add(port)
        return port


class Network:
    """What both bodies share: rules for directed pairs, set for all at once."""

    def __init__(self, count):
        self.count, self.rules, self.process = count, {}, None
        self.lock = threading.Lock()

    def _begin(self, *words, descriptors=()):
        self.process = subprocess.Popen(
            [sys.executable, "-B", os.path.join(HERE, "wires.py"), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            pass_fds=descriptors)
        check(self.process.stdout.readline() == b"done\n", "the wires do not start")

    def _tell(self):
        with self.lock:
            line = json.dumps([[a, b, *rule] for (a, b), rule in self.rules.items()])
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
            check(self.process.stdout.readline() == b"done\n", "the wires do not answer")

    def cut(self, ones, others, both=True):
        """Nothing passes from `ones` to `others`, nor back if `both`."""
        for a in ones:
            for b in others:
                self.rules[a, b] = (0, 0, True)
                if both:
                    self.rules[b, a] = (0, 0, True)
        self._tell()

    def spoil(self, delay, loss):
        """Each way between any two takes `delay` seconds more and loses the share `loss`."""
        self.rules = {(a, b): (delay, loss, False) for a in range(self.count) for b in range(self.count) if a != b}
        self._tell()

    def heal(self):
        self.rules = {}
        self._tell()

    def close(self):
        if self.process:
            self.process.stdin.close()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process.stdout.close()


class Loopback(Network):
    """Everything on 127.0.0.1; a proxy of ours for each ordered pair of nodes. Needs no rights."""

    name = "loopback proxies"

    def __init__(self, count):
        super().__init__(count)
        self.gateways = [low_port() for _ in range(count)]
        self.links = [low_port() for _ in range(count)]
        self.wires = {(a, b): low_port() for a in range(count) for b in range(count) if a != b}
        self._begin("proxies", json.dumps([[a, b, port, self.links[b]] for (a, b), port in self.wires.items()]))

    def listen(self, index):
        return f"127.0.0.1:{self.links[index]}"

    def address(self, index, other):
        return f"127.0.0.1:{self.wires[index, other]}"

    def gateway(self, index):
        return self.gateways[index]

    def before(self, index):
        return ()

    def connect(self, index, address, timeout=None, source_address=None):
        return socket.create_connection(address, timeout)

    def to_links(self, index, timeout=5):
        """A connection of a stranger to a node's links."""
        return socket.create_connection(("127.0.0.1", self.links[index]), timeout)


class Namespaces(Network):
    """Each node in a network namespace of its own, with one tun device; packets pass through wires.py.

    The namespaces have no names: they are gone with the descriptors that hold them, however this process ends. The last
    of them is a stranger's.
    """

    name = "network namespaces with packet loss"

    def __init__(self, count):
        super().__init__(count)
        self.spaces, self.tuns = [], []
        try:
            for index in range(count + 1):
                self._space(index)
            self._begin("packets", *map(str, self.tuns), descriptors=self.tuns)
        except BaseException:
            self.close()
            raise
        self.stranger = count

    def _space(self, index):
        made = []

        def make():
            try:
                if LIBC.unshare(CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "unshare")
                space = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
                self.spaces.append(space)
                tun = os.open("/dev/net/tun", os.O_RDWR)
                self.tuns.append(tun)
                fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", b"wire", 0x1001))  # TUNSETIFF: tun, no header
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
                    def address(text):
                        return struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(text))
                    fcntl.ioctl(control, 0x8916, b"wire".ljust(16, b"\0") + address(f"198.18.0.{index + 1}"))
                    fcntl.ioctl(control, 0x891C, b"wire".ljust(16, b"\0") + address("255.255.255.0"))
                    for name in (b"lo", b"wire"):
                        fcntl.ioctl(control, 0x8914, struct.pack("16sH22x", name, 0x41))  # Up and running.
            except OSError as error:
                made.append(error)

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if made:
            raise made[0]

    def listen(self, index):
        return f"198.18.0.{index + 1}:8700"

    def address(self, index, other):
        return self.listen(other)

    def gateway(self, index):
        return 8600

    def before(self, index):
        """Words before a command that is to run in the node's namespace."""
        return ("nsenter", f"--net=/proc/{os.getpid()}/fd/{self.spaces[index]}")

    def socket(self, index):
        """A socket of the node's namespace; the calling thread is back in its own afterwards."""
        own = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
        try:
            check(LIBC.setns(self.spaces[index], CLONE_NEWNET) == 0, "setns fails")
            try:
                return socket.socket()
            finally:
                check(LIBC.setns(own, CLONE_NEWNET) == 0, "setns back fails")
        finally:
            os.close(own)

    def connect(self, index, address, timeout=None, source_address=None):
        made = self.socket(index)
        try:
            made.settimeout(timeout)
            made.connect(address)
        except BaseException:
            made.close()
            raise
        return made

    def to_links(self, index, timeout=5):
        return self.connect(self.stranger, (f"198.18.0.{index + 1}", 8700), timeout)

    def close(self):
        super().close()
        for descriptor in (*self.tuns, *self.spaces):
            os.close(descriptor)
        self.tuns, self.spaces = [], []


def network(count, kind=None):
    """The best this machine allows, or the kind asked for."""
    kind = kind or os.environ.get("JIUDING_SITE_NETWORK")
    if kind != "loopback":
        try:
            return Namespaces(count)
        except OSError as error:
            if kind == "namespaces":
                raise
            Loopback.name = f"loopback proxies, since no namespaces with tun devices are to be had: {error}"
    return Loopback(count)
