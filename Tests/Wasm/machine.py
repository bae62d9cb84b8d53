# SPDX-License-Identifier: Apache-2.0
"""Programs as trees: their bytes, and what running them does and costs by docs/spec/wasm.md, instruction by instruction.

An instruction is a tuple whose first item is its name. It is priced when it runs, not by stretches, so that the sums the
product charges up front are held against something that was counted another way (WASM-11, WASM-12, WASM-13).
"""
from encode import I32, I64, s, u

PAGE = 65536
NAMES = {  # opcodes in a row from the first
    0x45: "i32.eqz i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u "
          "i64.eqz i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u",
    0x67: "i32.clz i32.ctz i32.popcnt i32.add i32.sub i32.mul i32.div_s i32.div_u i32.rem_s i32.rem_u i32.and i32.or "
          "i32.xor i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr i64.clz i64.ctz i64.popcnt i64.add i64.sub i64.mul "
          "i64.div_s i64.div_u i64.rem_s i64.rem_u i64.and i64.or i64.xor i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr",
    0xA7: "i32.wrap", 0xAC: "i64.extend_s i64.extend_u",
    0xC0: "i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s",
}
OPCODES = {name: first + place for first, row in NAMES.items() for place, name in enumerate(row.split())}
# Name: opcode, bytes, signed.
LOADS = {"i32.load": (0x28, 4, 0), "i64.load": (0x29, 8, 0), "i32.load8_s": (0x2C, 1, 1), "i32.load8_u": (0x2D, 1, 0),
         "i32.load16_s": (0x2E, 2, 1), "i32.load16_u": (0x2F, 2, 0), "i64.load8_s": (0x30, 1, 1),
         "i64.load8_u": (0x31, 1, 0), "i64.load16_s": (0x32, 2, 1), "i64.load16_u": (0x33, 2, 0),
         "i64.load32_s": (0x34, 4, 1), "i64.load32_u": (0x35, 4, 0)}
STORES = {"i32.store": (0x36, 4), "i64.store": (0x37, 8), "i32.store8": (0x3A, 1), "i32.store16": (0x3B, 2),
          "i64.store8": (0x3C, 1), "i64.store16": (0x3D, 2), "i64.store32": (0x3E, 4)}
PLAIN = {"unreachable": b"\x00", "nop": b"\x01", "return": b"\x0f", "drop": b"\x1a", "select": b"\x1b",
         "memory.size": b"\x3f\0", "memory.grow": b"\x40\0", "memory.copy": b"\xfc\x0a\0\0", "memory.fill": b"\xfc\x0b\0"}
INDEXED = {"br": 0x0C, "br_if": 0x0D, "call": 0x10, "local.get": 0x20, "local.set": 0x21, "local.tee": 0x22,
           "global.get": 0x23, "global.set": 0x24}
BULK = ("memory.copy", "memory.fill", "memory.init", "memory.grow", "data.drop")


def encode(code):
    return b"".join(encode_one(i) for i in code)


def encode_one(i):
    name = i[0]
    if name in OPCODES:
        return bytes([OPCODES[name]])
    if name in PLAIN:
        return PLAIN[name]
    if name in INDEXED:
        return bytes([INDEXED[name]]) + u(i[1])
    if name in LOADS or name in STORES:
        return bytes([(LOADS.get(name) or STORES[name])[0]]) + u(i[1]) + u(i[2])
    if name == "i32.const":
        return b"\x41" + s(i[1])
    if name == "i64.const":
        return b"\x42" + s(i[1])
    if name in ("block", "loop"):
        return (b"\x02" if name == "block" else b"\x03") + bytes([i[1] or 0x40]) + encode(i[2]) + b"\x0b"
    if name == "if":
        other = b"\x05" + encode(i[3]) if i[3] is not None else b""
        return b"\x04" + bytes([i[1] or 0x40]) + encode(i[2]) + other + b"\x0b"
    if name == "br_table":
        return b"\x0e" + u(len(i[1]) - 1) + b"".join(u(label) for label in i[1])
    if name == "call_indirect":
        return b"\x11" + u(i[1]) + (b"\x80\x80\x80\x80\0" if i[2] else b"\0")
    if name == "memory.init":
        return b"\xfc\x08" + u(i[1]) + b"\0"
    if name == "data.drop":
        return b"\xfc\x09" + u(i[1])
    raise ValueError(name)


PRICES = {"loop": 0, "nop": 0, "block": 6, "if": 16, "br_if": 8, "br_table": 30, "call": 36, "call_indirect": 76,
          "memory.grow": 800, "drop": 1, "i32.const": 1, "i64.const": 1, "global.get": 4, "global.set": 4,
          "i32.mul": 8, "i64.mul": 8}


def price(name):
    if name in PRICES:
        return PRICES[name]
    if name in LOADS or name in STORES:
        return 10
    if ".div_" in name or ".rem_" in name:
        return 60
    return 120 if name in BULK else 1 if name.startswith("local.") else 2


class Trap(Exception):
    pass


class TooLong(Exception):
    pass


def signed(value, bits):
    return value - (1 << bits) if value >> (bits - 1) else value


def arithmetic(name, stack):
    """Any instruction of OPCODES."""
    kind, _, op = name.partition(".")
    bits = 32 if kind == "i32" else 64
    mask = (1 << bits) - 1
    b = stack.pop()
    if op == "eqz":
        result = int(b == 0)
    elif op == "clz":
        result = bits - b.bit_length()
    elif op == "ctz":
        result = (b & -b).bit_length() - 1 if b else bits
    elif op == "popcnt":
        result = bin(b).count("1")
    elif op == "wrap" or op == "extend_u":
        result = b & 0xFFFFFFFF
    elif op.startswith("extend"):
        width = int(op[6:].split("_")[0] or 32)
        result = signed(b & (1 << width) - 1, width)
    else:
        a = stack.pop()
        if op.endswith("_s"):
            a, b = signed(a, bits), signed(b, bits)
        result = binary(op, a, b, bits)
    stack.append(result & mask)


def binary(op, a, b, bits):
    op = op.removesuffix("_s").removesuffix("_u") if op not in ("shr_s", "shr_u") else "shr"
    if op in ("div", "rem"):
        if b == 0:
            raise Trap("zero")
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        if op == "div" and quotient == 1 << (bits - 1) and a < 0:
            raise Trap("overflow")
        return quotient if op == "div" else a - quotient * b
    turn = b % bits
    table = {"add": a + b, "sub": a - b, "mul": a * b, "and": a & b, "or": a | b, "xor": a ^ b, "eq": a == b,
             "ne": a != b, "lt": a < b, "gt": a > b, "le": a <= b, "ge": a >= b, "shl": a << turn, "shr": a >> turn}
    if op in table:
        return int(table[op])
    if op == "rotl":
        return a << turn | a >> (bits - turn)
    return a >> turn | a << (bits - turn)


class Machine:
    """One instance. functions: (parameter count, result or None, local types, code, type number); imported there are none."""

    def __init__(self, program, steps=20000):
        self.program, self.steps = program, steps
        self.gas = 0
        self.globals = list(program.globals)
        self.memory = bytearray(program.pages * PAGE)
        self.memory[8:8 + len(program.active)] = program.active
        self.passive = program.passive

    def call(self, index, arguments):
        parameters, result, locals_, code, _ = self.program.functions[index]
        self.gas += (len(parameters) + len(locals_) + 3) // 4 * 12
        frame = arguments + [0] * len(locals_)
        stack = []
        self.run(code, stack, frame)
        return stack[-1] if result else None

    def address(self, stack, offset, width):
        place = stack.pop() + offset
        if place + width > len(self.memory):
            raise Trap("memory")
        return place

    def run(self, code, stack, frame):
        """None where the end is reached, else how many more blocks to leave; -1 leaves all."""
        for i in code:
            name = i[0]
            self.gas += price(name)
            self.steps -= 1
            if self.steps < 0:
                raise TooLong
            if name in OPCODES:
                arithmetic(name, stack)
            elif name in ("i32.const", "i64.const"):
                stack.append(i[1] & (0xFFFFFFFF if name[1] == "3" else (1 << 64) - 1))
            elif name in ("block", "loop", "if", "br", "br_if", "br_table", "return", "unreachable"):
                left = self.control(i, stack, frame)
                if left is not None:
                    return left
            elif name.startswith(("local.", "global.")):
                self.variable(i, stack, frame)
            elif name in LOADS:
                _, width, is_signed = LOADS[name]
                place = self.address(stack, i[2], width)
                value = int.from_bytes(self.memory[place:place + width], "little", signed=bool(is_signed))
                stack.append(value & (0xFFFFFFFF if name[1] == "3" else (1 << 64) - 1))
            elif name in STORES:
                width = STORES[name][1]
                value = stack.pop() & (1 << 8 * width) - 1
                place = self.address(stack, i[2], width)
                self.memory[place:place + width] = value.to_bytes(width, "little")
            elif name in BULK:
                self.bulk(i, stack)
            else:
                self.other(i, stack)
        return None

    def control(self, i, stack, frame):
        name = i[0]
        if name == "unreachable":
            raise Trap("unreachable")
        if name == "return":
            return -1
        if name == "br":
            return i[1]
        if name == "br_if":
            return i[1] if stack.pop() else None
        if name == "br_table":
            return i[1][min(stack.pop(), len(i[1]) - 1)]
        body = i[2] if name != "if" or stack.pop() else i[3] or []
        height = len(stack)
        while True:
            left = self.run(body, stack, frame)
            if left is None:
                return None
            if left != 0:
                return left - 1 if left > 0 else -1
            if name == "loop":
                del stack[height:]
                continue
            if i[1]:
                stack[height:] = [stack[-1]]
            else:
                del stack[height:]
            return None

    def variable(self, i, stack, frame):
        space = frame if i[0][0] == "l" else self.globals
        if i[0].endswith("get"):
            stack.append(space[i[1]])
        elif i[0].endswith("set"):
            space[i[1]] = stack.pop()
        else:
            space[i[1]] = stack[-1]

    def bulk(self, i, stack):
        name = i[0]
        if name == "data.drop":
            self.passive = b""
            return
        amount = stack.pop()
        if name == "memory.grow":
            self.gas += 393216 * min(amount, 256)
            pages = len(self.memory) // PAGE
            fits = pages + amount <= min(self.program.pages_max or 256, 256)
            stack.append(pages if fits else 0xFFFFFFFF)
            self.memory += bytes(amount * PAGE if fits else 0)
            return
        self.gas += amount // 8 * 2
        source, target = stack.pop(), stack.pop()
        space = self.passive if name == "memory.init" else self.memory
        if target + amount > len(self.memory) or name != "memory.fill" and source + amount > len(space):
            raise Trap("memory")
        what = bytes([source & 255]) * amount if name == "memory.fill" else space[source:source + amount]
        self.memory[target:target + amount] = what

    def other(self, i, stack):
        name = i[0]
        if name == "drop":
            stack.pop()
        elif name == "select":
            condition, b, a = stack.pop(), stack.pop(), stack.pop()
            stack.append(a if condition else b)
        elif name == "memory.size":
            stack.append(len(self.memory) // PAGE)
        elif name != "nop":
            index = i[1]
            if name == "call_indirect":
                slot = stack.pop()
                if slot >= len(self.program.table) or self.program.table[slot] is None:
                    raise Trap("table")
                index = self.program.table[slot]
                if self.program.functions[index][4] != i[1]:
                    raise Trap("type")
            parameters, result = self.program.functions[index][:2]
            arguments = stack[len(stack) - len(parameters):]
            del stack[len(stack) - len(parameters):]
            value = self.call(index, arguments)
            if result:
                stack.append(value)
