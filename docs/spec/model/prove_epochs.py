# SPDX-License-Identifier: Apache-2.0
"""The switch to the next epoch and the return of a validator that lost its record, for prove.py: parts E and R.

R14 rests on seven duties, one obligation or more for each:
 1. in one epoch a final block lies under every later notarized one (C-chain, used here as a fact);
 2. the closing block is the first of its branch whose header carries nextEpoch (E-same, E-stays, E-lies);
 3. what follows it in its epoch is empty, and is dropped (E-empty, E-ledger);
 4. ballots are separated by committee (C-chain !replay) and the record by epoch (L-switch);
 5. headers of the new epoch attest at least the closing block's height (E-from, E-once, E-named);
 6. nobody votes in an epoch whose end it knows (E-below);
 7. whoever lost its record stays silent where an epoch may have ended (R-closing, L-rejoin).
"""
from z3 import And, If, Implies, Int, Not, Or

from harness import World, committee


class Branches:
    """Blocks of one epoch over its first parent, and where the epoch closes on each branch."""

    def __init__(self, w, lemmas=True):
        self.w, self.genesis = w, w.const("genesis", "b")
        self.parent, self.close = w.fn("parent", "b", "b"), w.fn("close", "b", "b")
        self.view, self.height, self.attests = (w.fn(x, "b", "h") for x in ("viewOf", "height", "attests"))
        self.under = w.fn("under", "bb", "bool")  # under(a, b): a is b or an ancestor of b
        self.carries, self.closed, self.content = (w.fn(x, "b", "bool") for x in ("carries", "closed", "content"))
        self.notarized, self.final = w.fn("notarized", "b", "bool"), w.fn("final", "b", "bool")
        gen, parent, under, height, close = self.genesis, self.parent, self.under, self.height, self.close
        beside = lambda a, b: Or(under(a, b), under(b, a))
        self.facts = [
            # a tree: nothing here is particular to the protocol
            w.all("b", lambda b: And(under(gen, b), under(b, b), height(b) >= height(gen))),
            w.all("bb", lambda a, b: Implies(And(a != b, under(a, b)),
                                             And(b != gen, under(a, parent(b)), height(a) < height(b)))),
            w.all("bb", lambda a, b: Implies(And(b != gen, under(a, parent(b))), under(a, b))),
            w.all("bbb", lambda a, b, c: Implies(And(under(a, b), under(b, c)), under(a, c))),
            w.all("bbb", lambda a, b, c: Implies(And(under(a, c), under(b, c)), beside(a, b))),
            w.all("b", lambda b: Implies(b != gen, height(b) == height(parent(b)) + 1)),
            # the branch is closed where a header carries nextEpoch; the epoch's first parent does not count,
            # though it carries one (it closed the epoch before)
            Not(self.closed(gen)),
            w.all("b", lambda b: Implies(b != gen, self.closed(b) == Or(self.closed(parent(b)), self.carries(b)))),
            w.all("b", lambda b: Implies(And(b != gen, self.closed(b)), close(b) == (
                If(self.carries(b), b, close(parent(b))) if w.mutated("last")
                else If(self.closed(parent(b)), close(parent(b)), b))))]
        if not w.mutated("fork"):  # C-final, C-chain: of two final blocks one lies under the other
            self.facts += [w.all("b", lambda b: Implies(self.final(b), self.notarized(b))),
                           w.all("bb", lambda a, b: Implies(
                               And(self.final(a), self.notarized(b), self.view(a) <= self.view(b)), under(a, b)))]
        if w.finite:
            self.facts += [w.all("b", lambda b: And(0 <= height(b), height(b) <= 5, 0 <= self.view(b),
                                                    self.view(b) <= 4, 0 <= self.attests(b),
                                                    self.attests(b) < height(b)))]
        if lemmas and not w.mutated("last"):  # E-stays, E-lies
            self.facts += [w.all("bb", lambda a, b: Implies(And(under(a, b), self.closed(a)), And(
                               self.closed(b), close(b) == close(a)))),
                           w.all("b", lambda b: Implies(self.closed(b), And(
                               under(close(b), b), self.closed(close(b)), close(b) != gen)))]


def stays_closed(w):
    t, a, b = Branches(w, lemmas=False), w.const("A", "b"), w.const("B", "b")
    shorter = w.all("b", lambda x: Implies(And(t.under(a, x), t.height(x) < t.height(b)),
                                           And(t.closed(x), t.close(x) == t.close(a))))
    return [*t.facts, t.closed(a), t.under(a, b), shorter], And(t.closed(b), t.close(b) == t.close(a))


def closing_lies_below(w):
    t, b = Branches(w, lemmas=False), w.const("B", "b")
    lies = lambda x: And(t.under(t.close(x), x), t.closed(t.close(x)), t.carries(t.close(x)),
                         t.close(x) != t.genesis, Not(t.closed(t.parent(t.close(x)))))
    shorter = w.all("b", lambda x: Implies(And(t.closed(x), t.height(x) < t.height(b)), lies(x)))
    return [*t.facts, t.closed(b), shorter], lies(b)


def same_closing(w):
    """Two validators learn of two final blocks, each at or past a closing block. D may be C or lie above it."""
    t, a, b = Branches(w), w.const("D1", "b"), w.const("D2", "b")
    return [*t.facts, t.final(a), t.final(b), t.closed(a), t.closed(b)], t.close(a) == t.close(b)


def nothing_after(w):
    t, b = Branches(w), w.const("B", "b")
    voted = w.fn("honestlyNotarized", "b", "bool")  # by one honest validator at least (Q-share)
    rule = w.all("b", lambda x: Implies(And(voted(x), x != t.genesis, t.closed(t.parent(x))), Not(t.content(x))))
    given = [*t.facts, w.all("b", lambda x: Implies(And(t.notarized(x), x != t.genesis), voted(x)))]
    return given + ([] if w.mutated("content") else [rule]) + [
        t.notarized(b), b != t.genesis, t.closed(t.parent(b))], Not(t.content(b))


def attests_below_closing(w):
    """The honest voter of B held `tip` as its last final block, and attested heights are final for it."""
    t = Branches(w)
    b, d, tip = w.const("B", "b"), w.const("D", "b"), w.const("tip", "b")
    knows = [] if w.mutated("lingers") else [Not(t.closed(tip))]  # else it would have opened the next epoch
    return [*t.facts, *knows, t.notarized(b), t.attests(b) <= t.height(tip), Or(tip == t.genesis, t.final(tip)),
            t.final(d), t.closed(d)], t.attests(b) < t.height(t.close(d))


def attests_from_first_parent(w):
    t, b = Branches(w), w.const("B", "b")
    first = lambda x: t.attests(x) >= (t.attests(t.genesis) if w.mutated("attests") else t.height(t.genesis))
    rule = w.all("b", lambda x: Implies(And(t.notarized(x), x != t.genesis), And(
        t.notarized(t.parent(x)),
        If(t.parent(x) == t.genesis, first(x), t.attests(x) >= t.attests(t.parent(x))))))
    shorter = w.all("b", lambda x: Implies(And(t.notarized(x), x != t.genesis, t.height(x) < t.height(b)),
                                           t.attests(x) >= t.height(t.genesis)))
    return [*t.facts, rule, shorter, t.attests(t.genesis) < t.height(t.genesis), t.notarized(b),
            b != t.genesis], t.attests(b) >= t.height(t.genesis)


class Ledger:
    """State after each final height: pending(h) is the height that approved the pending committee, 0 for none."""

    def __init__(self, w):
        self.w, self.closes, self.pending = w, w.fn("closes", "h", "bool"), w.fn("pending", "h", "h")

    def executes(self, h):
        """What executing height h does to it (2.14): a change is approved, stays, or becomes active."""
        now, before = self.pending(h), self.pending(h - 1)
        fresh = Or(now == 0, now == h)
        stays = Or(now == before, fresh) if self.w.mutated("replace") else If(before != 0, now == before, fresh)
        return stays if self.w.mutated("kept") else If(self.closes(h), now == 0, stays)


def pending_is_past(w):
    g, h = Ledger(w), Int("h")
    return [h >= 1, g.executes(h), 0 <= g.pending(h - 1), g.pending(h - 1) <= h - 1], And(
        0 <= g.pending(h), g.pending(h) <= h)


def pending_after_closing(w):
    """Induction over h: at or after a closing height c only what was approved after c is pending."""
    g, h, c = Ledger(w), Int("h"), Int("c")
    later = lambda x: Or(g.pending(x) == 0, g.pending(x) > c)
    return [c >= 1, h >= c, g.closes(c), g.executes(h), Implies(h > c, later(h - 1)), g.pending(h - 1) >= 0,
            g.pending(h - 1) <= h - 1], later(h)


def closes_once(w):
    """C1 at height c closes an epoch and attests x1; C2 closes the next and attests x2."""
    g, c, x1, x2 = Ledger(w), Int("c"), Int("x1"), Int("x2")
    known = w.all("h", lambda h: Implies(h >= 0, And(0 <= g.pending(h), g.pending(h) <= h)))  # E-past
    after = w.all("h", lambda h: Implies(h >= c, Or(g.pending(h) == 0, g.pending(h) > c)))  # E-after
    floor = x1 if w.mutated("attests") else c  # E-from
    inside = [c <= 5, x2 <= 5] if w.finite else []
    return [*inside, known, after, 0 <= x1, x1 < c, floor <= x2, g.pending(x1) != 0, g.pending(x2) != 0,
            g.closes(c)], g.pending(x1) != g.pending(x2)


def named_is_active(w):
    """Induction over h: from the height C attests up to C's own the pending committee stays the one C names, so
    executing C makes active what its header names. No height strictly between the epoch's start and C closes."""
    g, start, c, x, h = Ledger(w), Int("start"), Int("c"), Int("x"), Int("h")
    named = g.pending(x)
    from_start = x >= 0 if w.mutated("attests") else x >= start  # E-from
    inside = [c <= 5] if w.finite else []
    return [*inside, 0 <= start, start < c, from_start, x < h, h < c, g.closes(start), named != 0,
            w.all("h", lambda y: Implies(And(start < y, y < c), Not(g.closes(y)))),
            g.executes(h), g.pending(h - 1) == named], g.pending(h) == named


def parent_tells(w):
    """A voter need not search the branch: if the parent (not the epoch's first) carries nextEpoch, so does the
    child. x1, x2: what they attest; t: the voter's tip. Induction over h gives pending(x1) != 0 up to t."""
    g, start, x1, x2, t, h = Ledger(w), Int("start"), Int("x1"), Int("x2"), Int("t"), Int("h")
    no_closing = w.all("h", lambda y: Implies(And(start < y, y <= t), Not(g.closes(y))))  # else it had switched
    first = x1 >= 0 if w.mutated("attests") else x1 >= start  # E-from
    inside = [t <= 5] if w.finite else []
    return [*inside, 0 <= start, start <= t, first, x1 < h, h <= x2, x2 <= t, no_closing, g.closes(start),
            g.executes(h), g.pending(x1) != 0, g.pending(h - 1) == g.pending(x1)], g.pending(h) == g.pending(x1)


def one_ledger(w):
    """A is final in the epoch and kept; B is notarized in the next one, by somebody who opened it after D2."""
    t = Branches(w)
    a, b, d1, d2 = (w.const(x, "b") for x in ("A", "B", "D1", "D2"))
    kept = Not(And(t.closed(a), a != t.close(d1)))  # d1: the final block the keeper of A switched by
    above = t.under(t.close(d2), b)  # C-genesis of the next epoch, whose first parent is close(D2)
    return [*t.facts, t.final(a), kept, t.final(d1), t.closed(d1), t.final(d2), t.closed(d2), above], t.under(a, b)


def dropped_twin(w):
    """Not a flaw of the ledger, but a trap for whoever trusts a lone finality: D is final in the epoch, B opens the
    next one at the same height; D is dropped."""
    t = Branches(w)
    c, d, b = w.const("C", "b"), w.const("D", "b"), w.const("B", "b")
    return [*t.facts, t.final(c), t.closed(c), t.close(c) == c, t.parent(d) == c, t.final(d), d != b,
            t.parent(b) == c, Not(t.notarized(b)), t.height(d) == t.height(b)]


def closing_test(w):
    """The lost self had opened the next epoch: then some D at or past a closing block was final before the loss."""
    t, d, high = Branches(w), w.const("D", "b"), w.fn("high", "n", "b")
    member, honest, facts = committee(w)
    finalizers, answering = w.const("finalizers", "Q"), w.const("answering", "Q")
    signed, told, stale = (w.fn(x, "nb" if x == "signed" else "n", "bool") for x in ("signed", "told", "stale"))
    reads = w.fn("reads", "n", "bool")  # it has all headers of its highQC's branch
    clear = lambda n: Implies(reads(n), Not(t.closed(high(n)))) if w.mutated("unknown") else And(
        reads(n), Not(t.closed(high(n))))
    late = lambda n: Not(stale(n)) if w.mutated("stale") else True
    given = [*t.facts, *facts, w.all("n", lambda n: t.notarized(high(n))), t.final(d),
             w.all("n", lambda n: Implies(member(n, finalizers), signed(n, d))),
             # I5: the newest notarization is not below what one finalized
             w.all("n", lambda n: Implies(And(honest(n), signed(n, d), late(n)), t.view(d) <= t.view(high(n))))]
    if not w.mutated("no test"):
        given += [w.all("n", lambda n: Implies(And(member(n, answering), honest(n)), clear(n)))]
    return given, Not(t.closed(d))


def floor_is_high(w):
    """The lost self voted in view v of this epoch, v > 1: the certificate of v - 1 has a quorum of voters."""
    member, honest, facts = committee(w)
    voters, answering = w.const("voters", "Q"), w.const("answering", "Q")
    answer, silent, stale = w.fn("answer", "n", "v"), w.fn("silent", "n", "bool"), w.fn("stale", "n", "bool")
    v, floor = Int("v"), Int("floor")
    fit = lambda n: And(Not(silent(n)) if w.mutated("silent") else True, Not(stale(n)) if w.mutated("stale") else True)
    return [*facts, v >= 2, w.all("n", lambda n: Implies(And(member(n, voters), honest(n), fit(n)),
                                                         answer(n) >= v - 1)),
            w.all("n", lambda n: Implies(member(n, answering), And(answer(n) >= 1, floor >= answer(n) + 1)))
            ], floor >= v


def run(books):
    ask = books.obligation
    last = ("last", "the closing block is the newest that carries nextEpoch")
    attests = ("attests", "new headers may attest below the closing block")
    ask("E-stays", "a branch once closed stays closed, by the same block", stays_closed, [last])
    ask("E-lies", "the closing block is the first of its branch that carries", closing_lies_below, [last])
    ask("E-same", "all honest validators open the next epoch from one block", same_closing,
        [last, ("fork", "final blocks of one epoch may fork")])
    ask("E-empty", "what follows a closing block in its epoch is empty", nothing_after,
        [("content", "voters do not ask for emptiness")])
    ask("E-below", "no header of an epoch attests its closing block or above", attests_below_closing,
        [("lingers", "votes on in an epoch whose end it knows")])
    ask("E-from", "every header of an epoch attests its first parent or above", attests_from_first_parent, [attests])
    ask("E-past", "what is pending was approved before", pending_is_past, numbers=True)
    ask("E-after", "what was pending before a closing is not pending after", pending_after_closing,
        [("kept", "executing the closing block clears nothing")], numbers=True)
    ask("E-once", "no approval closes two epochs", closes_once, [attests])
    ask("E-named", "executing C makes active what C's header names", named_is_active,
        [attests, ("replace", "a pending change may be replaced")])
    ask("E-parent", "carrying goes from parent to child: the parent's header tells", parent_tells, [attests])
    ask("E-ledger", "kept final blocks lie under all of the next epoch", one_ledger, [last])
    books.ask("E-twin ~model", "  a final block may be dropped, its height used again",
              dropped_twin(World(finite=True)), "has a model")
    ask("R-closing", "no resuming where the lost self had seen the epoch end", closing_test,
        [("no test", "the closing test is left out"), ("unknown", "who cannot tell answers clear"),
         ("stale", "answers from before the loss count"), ("small", "two answers suffice")])
    ask("R-floor", "the floor is not below any view the lost self voted in", floor_is_high,
        [("silent", "silent validators answer too"), ("stale", "answers from before the loss count"),
         ("small", "two answers suffice")])
