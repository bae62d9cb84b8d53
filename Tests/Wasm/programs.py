# SPDX-License-Identifier: Apache-2.0
"""Draws programs that are valid by construction, and damages them."""
from encode import I32, I64, body, module, signature, sized, u
from machine import LOADS, OPCODES, STORES, encode

TYPES = [((), I64), ((I32,), I32), ((I64, I32), I64), ((I32, I64), None)]
UNARY = {"eqz", "clz", "ctz", "popcnt", "extend8_s", "extend16_s", "extend32_s"}


def results_of(name):
    """The type an instruction of OPCODES takes, and the one it gives."""
    kind, _, op = name.partition(".")
    own = I32 if kind == "i32" else I64
    if op == "wrap":
        return I64, I32
    if op in ("extend_s", "extend_u"):
        return I32, I64
    is_test = op.partition("_")[0] in ("eqz", "eq", "ne", "lt", "gt", "le", "ge")
    return own, I32 if is_test else own


BY_RESULT = {kind: [name for name in OPCODES if results_of(name)[1] == kind] for kind in (I32, I64)}


class Program:
    def __init__(self, random, long_numbers=True):
        """long_numbers: the table's number as compilers write it, which wabt takes for a reference type."""
        self.random, self.long_numbers = random, long_numbers
        self.globals = [7, 2**63 + 5]
        self.pages = random.choice((1, 1, 2))
        self.pages_max = random.choice((None, 2, 3, 1000))
        self.active, self.passive = b"jiuding", bytes(range(40))
        count = random.randint(3, 6)
        kinds = [0] + [random.randrange(len(TYPES)) for _ in range(count - 1)]
        self.table = [random.randrange(1, count), random.randrange(1, count), None]
        self.kinds = kinds
        self.functions = []
        # The last is drawn first: it calls none behind it.
        drawn = []
        for index in reversed(range(count)):
            drawn.append(self.function(index))
        self.functions = drawn[::-1]

    # A function is drawn with `locals_` known, so that indices are valid.
    def function(self, index):
        parameters, result = TYPES[self.kinds[index]]
        locals_ = [self.random.choice((I32, I64)) for _ in range(self.random.randint(1, 6))]
        # The last local counts the steps of loops and is not written otherwise.
        self.space = list(parameters) + locals_
        self.counters = len(self.space)
        self.index, self.result, self.labels = index, result, [result]
        code = [i for _ in range(self.random.randint(4, 9)) for i in self.statement(3)]
        if result:
            code += self.value(result, 4)
        locals_ += [I32] * (len(self.space) - len(parameters) - len(locals_))
        return parameters, result, locals_, code, self.kinds[index]

    def statements(self, depth):
        return [i for _ in range(self.random.randint(0, 4)) for i in self.statement(depth)]

    def pick(self, kind):
        return self.random.choice([n for n, k in enumerate(self.space[:self.counters]) if k == kind] or [None])

    def value(self, kind, depth):
        r = self.random
        roll = r.random() if depth > 0 else r.random() * 0.3
        name = "i32" if kind == I32 else "i64"
        if roll < 0.15 or roll < 0.3 and self.pick(kind) is None:
            edge = r.choice((0, 1, -1, 2, 7, 63, 64, 127, 128, -64, -65, 2**31 - 1, -(2**31), 255, 65535))
            return [(name + ".const", edge if kind == I32 or r.random() < 0.7 else edge << 31 if abs(edge) < 2**32 else 0)]
        if roll < 0.3:
            return [("local.get", self.pick(kind))]
        if roll < 0.6:
            op = r.choice(BY_RESULT[kind])
            taken = results_of(op)[0]
            short = op.partition(".")[2]
            operands = 1 if short in UNARY or short in ("wrap", "extend_s", "extend_u") else 2
            code = [i for _ in range(operands) for i in self.value(taken, depth - 1)]
            if short[:3] in ("div", "rem") and r.random() < 0.97:
                # Odd and positive: no division by zero or of the smallest number by -1.
                kind = "i32" if taken == I32 else "i64"
                code += [(kind + ".const", 127), (kind + ".and",), (kind + ".const", 1), (kind + ".or",)]
            return code + [(op,)]
        if roll < 0.68:
            op = r.choice([n for n in LOADS if n.startswith(name)])
            return self.place(depth - 1) + [(op, r.randint(0, LOADS[op][1].bit_length() - 1), r.randrange(100))]
        if roll < 0.72:
            return [("global.get", 0 if kind == I32 else 1)]
        if roll < 0.77:
            return self.value(kind, depth - 1) + self.value(kind, depth - 1) + self.value(I32, depth - 1) + [("select",)]
        if roll < 0.82 and self.pick(kind) is not None:
            return self.value(kind, depth - 1) + [("local.tee", self.pick(kind))]
        if roll < 0.9:
            self.labels.append(kind)
            first = self.statements(depth - 2) + self.value(kind, depth - 1)
            if r.random() < 0.5:
                first += self.value(I32, depth - 2) + [("br_if", 0)]
            self.labels[-1:] = []
            if r.random() < 0.5:
                return [("block", kind, first)]
            return self.value(I32, depth - 2) + [("if", kind, self.arm(kind, depth - 1), self.arm(kind, depth - 1))]
        if kind == I32:
            return r.choice(([("memory.size",)], self.value(I32, 0) + [("i32.const", 3), ("i32.and",), ("memory.grow",)]))
        return self.called(kind, depth)

    def arm(self, kind, depth):
        self.labels.append(kind)
        code = self.statements(depth - 1) + self.value(kind, depth - 1)
        self.labels.pop()
        return code

    def place(self, depth):
        """An address, mostly inside the memory."""
        code = self.value(I32, depth)
        return code if self.random.random() < 0.005 else code + [("i32.const", 0xFFF), ("i32.and",)]

    def called(self, kind, depth):
        r = self.random
        later = [n for n in range(self.index + 1, len(self.kinds)) if TYPES[self.kinds[n]][1] == kind]
        if not later:
            return [("i32.const" if kind == I32 else "i64.const", 5)] if kind else []
        target = r.choice(later)
        code = [i for p in TYPES[self.kinds[target]][0] for i in self.value(p, depth - 2)]
        # Through the table only where no call can come back to this function.
        if all(slot is None or slot > self.index for slot in self.table) and r.random() < 0.5:
            fitting = [n for n, slot in enumerate(self.table) if slot is not None and self.kinds[slot] == self.kinds[target]]
            slot = r.choice(fitting) if fitting and r.random() < 0.95 else r.randrange(4)
            return code + [("i32.const", slot), ("call_indirect", self.kinds[target], self.long_numbers and r.random() < 0.5)]
        return code + [("call", target)]

    def statement(self, depth):
        r = self.random
        roll = r.random() if depth > 0 else r.random() * 0.35
        if roll < 0.2:
            kind = r.choice((I32, I64))
            target = self.pick(kind)
            return self.value(kind, depth) + ([("drop",)] if target is None else [("local.set", target)])
        if roll < 0.25:
            kind = r.choice((I32, I64))
            return self.value(kind, depth) + [("global.set", 0 if kind == I32 else 1)]
        if roll < 0.35:
            op = r.choice(list(STORES))
            value = self.value(I32 if op.startswith("i32") else I64, depth - 1)
            return self.place(depth - 1) + value + [(op, r.randint(0, STORES[op][1].bit_length() - 1), r.randrange(100))]
        if roll < 0.5:
            other = self.nested(depth) if r.random() < 0.5 else None
            return self.value(I32, depth - 1) + [("if", None, self.nested(depth), other)]
        if roll < 0.6:
            return [("block", None, self.nested(depth))]
        if roll < 0.7:
            counter = len(self.space)
            self.space.append(I32)
            step = [("local.get", counter), ("i32.const", 1), ("i32.add",), ("local.tee", counter),
                    ("i32.const", r.randint(1, 5)), ("i32.lt_u",), ("br_if", 0)]
            # A loop's label takes no value; inside, 0 is the loop, which only its own end may turn.
            self.labels.append("loop")
            inner = self.statements(depth - 1)
            self.labels.pop()
            return [("i32.const", 0), ("local.set", counter), ("loop", None, inner + step)]
        if roll < 0.8:
            return self.jump(depth)
        if roll < 0.86:
            return self.called(None, depth) if r.random() < 0.5 else self.called(I64, depth) + [("drop",)]
        if roll < 0.93:
            amount = self.value(I32, 0) + [("i32.const", 63), ("i32.and",)]
            op = r.choice((("memory.copy",), ("memory.fill",), ("memory.init", 1)))
            if op[0] == "memory.init":
                return self.place(0) + [("i32.const", r.randrange(20))] + [("i32.const", r.randrange(22))] + [op]
            return self.place(0) + self.place(0) + amount + [op]
        if roll < 0.96:
            return [("i32.const", r.randrange(3)), ("memory.grow",), ("drop",)]
        last = [("unreachable",)] if r.random() < 0.05 else [("data.drop", 1)] if r.random() < 0.1 else []
        return [("nop",)] + last

    def nested(self, depth):
        self.labels.append(None)
        code = self.statements(depth - 1)
        self.labels.pop()
        return code

    def jump(self, depth):
        """A branch out of blocks without a value; code behind an unconditional one is dead, and there is some."""
        r = self.random
        free = [n for n, label in enumerate(reversed(self.labels)) if label is None]
        if not free:
            return [("nop",)]
        roll = r.random()
        if roll < 0.5:
            return self.value(I32, depth - 1) + [("br_if", r.choice(free))]
        if roll < 0.75:
            return self.value(I32, depth - 1) + [("br_table", [r.choice(free) for _ in range(r.randint(1, 5))])]
        if roll < 0.85:
            return (self.value(self.result, 1) if self.result else []) + [("return",)]
        return [("br", r.choice(free))] + (self.statement(depth - 1) if r.random() < 0.5 else [])

    def bytes(self):
        kinds = [signature(p, [] if r is None else [r]) for p, r in TYPES]
        bodies = [body([(1, kind) for kind in locals_], encode(code) + b"\x0b")
                  for _, _, locals_, code, _ in self.functions]
        bounds = b"\x00" + u(self.pages) if self.pages_max is None else b"\x01" + u(self.pages) + u(max(self.pages, self.pages_max))
        elements = [b"\x00\x41" + u(n) + b"\x0b\x01" + u(f) for n, f in enumerate(self.table) if f is not None]
        return module(
            kinds, self.kinds, bodies, table=b"\x70\x00" + u(len(self.table)), memory=bounds,
            globals_=[bytes([I32, 1, 0x41, 7, 0x0B]), bytes([I64, 1]) + b"\x42\x85\x80\x80\x80\x80\x80\x80\x80\x80\x7f\x0b"],
            exports=[("run", 0, 0), ("memory", 2, 0)], elements=elements, data_count=2,
            data=[b"\x00\x41\x08\x0b" + sized(self.active), b"\x01" + sized(self.passive)])


def damage(data, random):
    """The same module with one to three small things wrong; often it is valid all the same."""
    data = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 3))):
        place = random.randrange(8, len(data))
        roll = random.random()
        if roll < 0.4:
            data[place] = random.choice((0, 1, 2, 3, 4, 5, 0x0B, 0x0C, 0x0D, 0x0F, 0x1A, 0x20, 0x41, 0x6A, 0x7E, 0x7F,
                                         0x40, 0x80, 0xFC, random.randrange(256)))
        elif roll < 0.7:
            data[place] = (data[place] + random.choice((-1, 1))) & 255
        elif roll < 0.8:
            del data[place]
        elif roll < 0.9:
            data.insert(place, random.randrange(256))
        else:
            other = random.randrange(8, len(data))
            data[place], data[other] = data[other], data[place]
    return bytes(data)
