# SPDX-License-Identifier: Apache-2.0
"""The wires between the nodes of a site, in a process of its own: they delay, lose and cut as they are told.

Two bodies. `packets` forwards IP packets between tun devices, each in a network namespace of its own: real loss, real
retransmission. `proxies` forwards TCP streams between loopback ports and needs no rights: what is lost or cut is held
back as a retransmission would be. Rules come as lines of JSON on stdin, each answered with a line; the end of stdin is
the end of the wires.
"""
import asyncio
import fcntl
import heapq
import json
import os
import random
import selectors
import sys
import time


class Rules:
    """What a directed wire does: seconds of delay, the share lost, and whether it is cut."""

    def __init__(self):
        self.table = {}

    def take(self, line):
        self.table = {(a, b): (delay, loss, cut) for a, b, delay, loss, cut in json.loads(line)}

    def of(self, a, b):
        return self.table.get((a, b), (0, 0, False))


def answer():
    sys.stdout.write("done\n")
    sys.stdout.flush()


def packets(descriptors):
    """Forwards between tun devices; node number i has the address that ends in i + 1."""
    rules, waiting, count, pending = Rules(), [], 0, b""
    selector = selectors.DefaultSelector()
    for index, descriptor in enumerate(descriptors):
        selector.register(descriptor, selectors.EVENT_READ, index)
    selector.register(0, selectors.EVENT_READ, None)
    os.set_blocking(0, False)
    while True:
        patience = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for key, _ in selector.select(patience):
            if key.data is None:
                piece = os.read(0, 65_536)
                if not piece:
                    return
                *lines, pending = (pending + piece).split(b"\n")
                for line in lines:
                    rules.take(line)
                    answer()
                continue
            for _ in range(64):
                try:
                    packet = os.read(key.fd, 65_536)
                except BlockingIOError:
                    break
                target = packet[19] - 1 if len(packet) >= 20 and packet[0] >> 4 == 4 else -1
                if not 0 <= target < len(descriptors) or target == key.data:
                    continue
                delay, loss, cut = rules.of(key.data, target)
                if cut or loss and random.random() < loss:
                    continue
                if delay:
                    count += 1
                    heapq.heappush(waiting, (time.monotonic() + delay, count, target, packet))
                else:
                    put(descriptors[target], packet)
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, target, packet = heapq.heappop(waiting)
            put(descriptors[target], packet)


def put(descriptor, packet):
    try:
        os.write(descriptor, packet)
    except OSError:
        pass  # A full or closed device loses packets, as devices do.


class Proxies:
    """One listening port for each ordered pair: what node a has as the address of node b."""

    def __init__(self, wires):
        self.wires, self.rules = wires, Rules()
        self.changed = asyncio.Event()

    async def run(self):
        for a, b, port, target in self.wires:
            await asyncio.start_server(
                lambda reader, writer, a=a, b=b, target=target: self.carry(a, b, target, reader, writer),
                "127.0.0.1", port)
        loop = asyncio.get_running_loop()
        stdin = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
        answer()
        while line := await stdin.readline():
            self.rules.take(line)
            self.changed.set()
            self.changed = asyncio.Event()
            answer()
        # Whatever is still carried ends with the process, without ceremony.
        os._exit(0)

    async def open(self, a, b):
        """Waits while the wire is cut; what waits is not lost, TCP would send it again."""
        while self.rules.of(a, b)[2]:
            changed = self.changed
            await changed.wait()

    async def carry(self, a, b, target, reader, writer):
        other = None
        try:
            # A connection needs both ways once.
            await self.open(a, b)
            await self.open(b, a)
            there, other = await asyncio.open_connection("127.0.0.1", target)
            ways = [asyncio.create_task(self.way(a, b, reader, other)), asyncio.create_task(self.way(b, a, there, writer))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
        except OSError:
            pass
        finally:
            for each in (writer, other):
                if each:
                    each.close()

    async def way(self, a, b, reader, writer):
        queue = asyncio.Queue(64)

        async def read():
            while True:
                piece = await reader.read(65_536)
                await queue.put((time.monotonic(), piece))
                if not piece:
                    return

        task = asyncio.create_task(read())
        try:
            while True:
                came, piece = await queue.get()
                delay, loss, _ = self.rules.of(a, b)
                if loss and random.random() < loss:
                    delay += 0.2 + 2 * delay
                if (pause := came + delay - time.monotonic()) > 0:
                    await asyncio.sleep(pause)
                await self.open(a, b)
                if not piece:
                    return
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass
        finally:
            task.cancel()


def main():
    if sys.argv[1] == "packets":
        descriptors = [int(word) for word in sys.argv[2:]]
        for each in descriptors:
            fcntl.fcntl(each, fcntl.F_SETFL, fcntl.fcntl(each, fcntl.F_GETFL) | os.O_NONBLOCK)
        answer()
        packets(descriptors)
    else:
        asyncio.run(Proxies(json.loads(sys.argv[2])).run())


if __name__ == "__main__":
    main()
