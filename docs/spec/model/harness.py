# SPDX-License-Identifier: Apache-2.0
"""What prove.py stands on: worlds to quantify over, and the books of what was proved.

An obligation is written once, as a function of a world. In the *unbounded* world its quantifiers range over
everything (any number of validators, views, blocks, epochs): `proved` there is a proof. In the *finite* world
(four validators of which the last lies, five blocks, few views) they are written out, so that z3 can answer with
a counter-model. There every obligation is tried three times more: its assumptions alone must have a model
(else it would hold for nothing), it must hold, and with each mutated rule it must fail.
"""
import itertools
import sys
import time

from z3 import (And, Bool, BoolSort, Consts, DeclareSort, EnumSort, ForAll, Exists, Function, Int, IntSort,
                IntVal, Not, Or, Solver, sat, unsat)

PATIENCE = 60_000  # milliseconds z3 may take for one question


class World:
    """Sorts, symbols and quantifiers. Letters name what is quantified over: b block, n validator, Q quorum,
    v view, l level, h height, e epoch (the last four are integers)."""

    serial = 0

    def __init__(self, finite, mutation=""):
        self.finite, self.mutation, self.domain = finite, mutation, {}
        World.serial += 1  # z3 wants each enumeration to have a name of its own
        for letter, name, count in (("b", "Block", 5), ("n", "Node", 4), ("Q", "Quorum", 4)):
            if finite:
                names = [f"{name.lower()}{i}" for i in range(count)]
                sort, values = EnumSort(f"{name}.{World.serial}", [f"{x}.{World.serial}" for x in names])
                self.domain[letter] = values
            else:
                sort = DeclareSort(name)
            setattr(self, name, sort)
        for letter, last in (("v", 4), ("l", 4), ("h", 5), ("e", 1)):
            self.domain[letter] = [IntVal(i) for i in range(last + 1)]
        self.sorts = {"b": self.Block, "n": self.Node, "Q": self.Quorum}

    def mutated(self, name):
        return self.mutation == name

    def consts(self, letters):
        """Fresh variables for the letters; an index tells two of one letter apart."""
        return [Consts(f"{c}{i}_", self.sorts.get(c, IntSort()))[0] for i, c in enumerate(letters)]

    def all(self, letters, body):
        if self.finite:
            return And([body(*x) for x in itertools.product(*(self.domain[c] for c in letters))])
        bound = self.consts(letters)
        return ForAll(bound, body(*bound))

    def some(self, letters, body):
        if self.finite:
            return Or([body(*x) for x in itertools.product(*(self.domain[c] for c in letters))])
        bound = self.consts(letters)
        return Exists(bound, body(*bound))

    def fn(self, name, letters, result):
        """A function of the letters to a letter or to `bool`."""
        to = BoolSort() if result == "bool" else self.sorts.get(result, IntSort())
        return Function(name, *[self.sorts.get(c, IntSort()) for c in letters], to)

    def const(self, name, letter):
        return Consts(name, self.sorts[letter])[0]

    def flag(self, name):
        return Bool(name)

    def number(self, name):
        return Int(name)


def committee(w):
    """(member, honest, facts): validators and quorums of which any two share an honest one (Q-share)."""
    member, honest, facts = w.fn("member", "nQ", "bool"), w.fn("honest", "n", "bool"), []
    if w.finite:  # the last of four lies; a quorum is any three (mutated: two)
        for i, q in enumerate(w.domain["Q"]):
            for j, n in enumerate(w.domain["n"]):
                facts += [member(n, q) == (j in (i, (i + 1) % 4) if w.mutated("small") else i != j)]
        facts += [honest(n) == (i < 3) for i, n in enumerate(w.domain["n"])]
    else:
        shared = w.fn("shared", "QQ", "n")
        facts += [w.all("QQ", lambda p, q: And(honest(shared(p, q)), member(shared(p, q), p),
                                               member(shared(p, q), q)))]
    return member, honest, facts


class Books:
    """Asks z3, prints one line a question, counts what differs from expectation."""

    def __init__(self, only=None, show=None):
        self.only, self.show, self.wrong, self.asked, self.began = only, show, 0, 0, time.time()

    def ask(self, name, says, formulas, expected):
        if self.only and not name.startswith(self.only):
            return
        began = time.time()
        solver = Solver()
        solver.set("timeout", PATIENCE)
        solver.add(*formulas)
        answer = solver.check()
        word = {"proved": unsat, "refuted": sat, "has a model": sat}[expected]
        said = expected if answer == word else f"UNEXPECTED {answer} (expected {expected})"
        self.wrong += answer != word
        self.asked += 1
        print(f"{'PASS' if answer == word else 'FAIL'}  z3    {name:<24} {says:<72} {said:<11} "
              f"{time.time() - began:7.2f} s", flush=True)
        if self.show == name and answer == sat:
            for symbol in sorted(solver.model().decls(), key=str):
                print(f"    {symbol} = {solver.model()[symbol]}")

    def obligation(self, name, says, build, mutations=(), numbers=False):
        """`build(world)` gives (assumptions, goal); each mutation is (name, what it says). What is about
        `numbers` only is the same in both worlds."""
        given, goal = build(World(finite=False))
        self.ask(name, says, [*given, Not(goal)], "proved")
        given, goal = build(World(finite=True))
        self.ask(name + " ~model", "  its assumptions can be met", given, "has a model")
        if not numbers:
            self.ask(name + " ~finite", "  the same with four validators", [*given, Not(goal)], "proved")
        for mutation, meaning in mutations:
            given, goal = build(World(finite=True, mutation=mutation))
            self.ask(f"{name} !{mutation}", "  MUTATION " + meaning, [*given, Not(goal)], "refuted")

    def close(self):
        spent = time.time() - self.began
        print(f"{self.asked} questions, {self.wrong} answered otherwise than expected, {spent:.1f} s")
        sys.exit(1 if self.wrong or not self.asked else 0)
