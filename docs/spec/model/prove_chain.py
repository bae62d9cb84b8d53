# SPDX-License-Identifier: Apache-2.0
"""One validator and one epoch, for prove.py: parts Q, L and C.

R1..R12 are the rules of the design, CONS-n those of ../consensus.md; I1..I5 and the lemmas are the design's section 3.
"""
from z3 import And, If, Implies, Int, Not, Or

from harness import committee

# ---------------------------------------------------------------------------------------------------- Q: quorums


def quorums_share(w):
    n, f, liars, first, second, both = (Int(x) for x in ("n", "f", "liars", "first", "second", "both"))
    quorum = n - f - 1 if w.mutated("small") else n - f
    return [n >= 1, f >= 0, 3 * f + 1 <= n, n <= 3 * f + 3, liars >= 0, liars <= f, both >= 0,
            first >= quorum, second >= quorum, first + second - both <= n], both > liars


def honest_are_a_quorum(w):
    n, f, liars = Int("n"), Int("f"), Int("liars")
    quorum = n - f + 1 if w.mutated("large") else n - f
    return [n >= 1, f >= 0, 3 * f + 1 <= n, n <= 3 * f + 3, liars >= 0, liars <= f], n - liars >= quorum


# --------------------------------------------------------------------------------- L: one honest validator's record


class Node:
    """An honest validator: what it signed ever (ghosts: nobody has to keep them) and what it remembers."""

    def __init__(self, w, tag):
        self.epoch, self.view, self.high = (Int(x + tag) for x in ("epoch", "view", "high"))  # high: highQC.view
        self.gave, self.spoke = w.flag("gave" + tag), w.flag("spoke" + tag)  # nullified, notarized != nil in view
        self.nota, self.fin = w.fn("nota" + tag, "b", "bool"), w.fn("fin" + tag, "b", "bool")
        self.nul = w.fn("nul" + tag, "evl", "bool")  # nul(e, v, l): nullification of v above level l in epoch e


def invariants(w, s, at, view, certified):
    """I1..I5 of the design's section 3, and I6: nothing is signed in an epoch that is not open yet."""
    place = lambda a, b: And(at(a) == at(b), view(a) == view(b))
    return And(
        w.all("bb", lambda a, b: Implies(And(s.nota(a), s.nota(b), place(a, b)), a == b)),  # I1
        w.all("bvl", lambda b, v, l: Implies(And(s.fin(b), s.nul(at(b), v, l)),
                                             Not(And(l < view(b), view(b) <= v)))),  # I2
        w.all("bb", lambda a, b: Implies(And(s.fin(a), s.fin(b), place(a, b)), a == b)),  # I3
        w.all("b", lambda b: Implies(s.fin(b), certified(b))),  # I4
        w.all("b", lambda b: Implies(And(s.nota(b), at(b) == s.epoch),
                                     And(view(b) <= s.view, Implies(view(b) == s.view, s.spoke)))),  # I5
        w.all("b", lambda b: Implies(And(s.fin(b), at(b) == s.epoch), And(view(b) < s.view, view(b) <= s.high))),
        w.all("vl", lambda v, l: Implies(s.nul(s.epoch, v, l),
                                         And(v <= s.view, Implies(v == s.view, s.gave)))),
        0 <= s.high, s.high < s.view,
        w.all("evl", lambda e, v, l: Implies(s.nul(e, v, l), l < v)),
        w.all("b", lambda b: Implies(Or(s.nota(b), s.fin(b)), at(b) <= s.epoch)),  # I6
        w.all("evl", lambda e, v, l: Implies(s.nul(e, v, l), e <= s.epoch)))


def local(rule):
    """The obligation that one rule of an honest validator keeps the invariants."""

    def build(w):
        s, t = Node(w, ""), Node(w, "'")
        at, view, certified = w.fn("at", "b", "e"), w.fn("viewOf", "b", "v"), w.fn("certified", "b", "bool")
        x, base, left, floor = w.const("x", "b"), Int("base"), Int("left"), Int("floor")
        larger = lambda a, b: If(a > b, a, b)
        same_nota = w.all("b", lambda b: t.nota(b) == s.nota(b))
        same_fin = w.all("b", lambda b: t.fin(b) == s.fin(b))
        same_nul = w.all("evl", lambda e, v, l: t.nul(e, v, l) == s.nul(e, v, l))
        nothing_new = [same_nota, same_fin, same_nul]
        here, stays = t.epoch == s.epoch, And(t.view == s.view, t.gave == s.gave, t.spoke == s.spoke)
        fresh = [Not(t.gave), Not(t.spoke)]
        inside = []  # the finite world ends somewhere
        if w.finite:
            inside = [s.view <= 3, t.view <= 4, left <= 3, base >= 0, floor >= 0,
                      0 <= s.epoch, s.epoch <= 1, 0 <= t.epoch, t.epoch <= 1,
                      w.all("b", lambda b: And(at(b) >= 0, at(b) <= 1, view(b) >= 1, view(b) <= 4))]
        if rule == "start":
            step = [s.view == 1, s.high == 0, Not(s.gave), Not(s.spoke), w.all("b", lambda b: Not(s.nota(b))),
                    w.all("b", lambda b: Not(s.fin(b))), w.all("evl", lambda e, v, l: Not(s.nul(e, v, l)))]
            return inside + step, invariants(w, s, at, view, certified)
        if rule == "notarize":  # R4, R5: the proposal brings its entry certificate, of base `base`
            step = [here, at(x) == s.epoch, s.view <= view(x), base < view(x), t.view == view(x),
                    t.high == larger(s.high, base), t.gave == And(s.gave, s.view == view(x)), t.spoke,
                    w.all("b", lambda b: t.nota(b) == Or(s.nota(b), b == x)), same_fin, same_nul]
            if not w.mutated("twice"):
                step += [Not(And(s.view == view(x), s.spoke))]
        if rule == "leave by notarization":  # R1, R2
            may = True if w.mutated("nullified") else Not(And(s.view == view(x), s.gave))
            step = [here, certified(x), at(x) == s.epoch, s.view <= view(x), t.view == view(x) + 1,
                    t.high == larger(s.high, view(x)), *fresh, same_nota, same_nul,
                    Or(same_fin, And(may, w.all("b", lambda b: t.fin(b) == Or(s.fin(b), b == x))))]
        if rule == "late notarization":  # R1
            step = [here, stays, certified(x), at(x) == s.epoch, view(x) < s.view,
                    t.high == larger(s.high, view(x)), *nothing_new]
        if rule == "nullify":  # R6
            level = 0 if w.mutated("level") else s.high
            step = [here, t.view == s.view, t.high == s.high, t.spoke == s.spoke, Not(s.gave), t.gave,
                    w.all("evl", lambda e, v, l: t.nul(e, v, l) == Or(
                        s.nul(e, v, l), And(e == s.epoch, v == s.view, l == level))), same_nota, same_fin]
        if rule == "leave by nullity":  # R1, R2: a nullity certificate of `left` with a QC of view `base`
            step = [here, s.view <= left, base < left, t.view == left + 1, t.high == larger(s.high, base), *fresh,
                    *nothing_new]
        if rule == "restart":  # R11: the view may fall back, but the record holds whatever was signed
            step = [here, 1 <= t.view, t.view <= s.view, 0 <= t.high, t.high <= s.high, t.high < t.view,
                    w.all("b", lambda b: Implies(And(s.nota(b), at(b) == s.epoch), view(b) <= t.view)),
                    w.all("b", lambda b: Implies(And(s.fin(b), at(b) == s.epoch), view(b) < t.view)),
                    w.all("vl", lambda v, l: Implies(s.nul(s.epoch, v, l), v <= t.view)), *nothing_new]
            if not w.mutated("amnesia"):  # the votes of the view it wakes up in
                step += [w.all("b", lambda b: Implies(
                            And(s.nota(b), at(b) == s.epoch, view(b) == t.view), t.spoke)),
                         w.all("vl", lambda v, l: Implies(And(s.nul(s.epoch, v, l), v == t.view), t.gave))]
            if not w.mutated("highQC"):  # the notarization of whatever it finalized
                step += [w.all("b", lambda b: Implies(And(s.fin(b), at(b) == s.epoch), view(b) <= t.high))]
        if rule == "switch":  # R14
            step = [t.epoch == s.epoch + 1, t.view == 1, t.high == (s.high if w.mutated("keeps") else 0), *fresh,
                    *nothing_new]
        if rule.startswith("rejoin"):  # R12: it resumes in t.epoch; R-closing and R-floor say why this holds
            voted = floor + 1 if rule == "rejoin, lower floor" else floor
            beyond = lambda e: True if w.mutated("closing") else e <= t.epoch
            step = [w.all("b", lambda b: Implies(Or(s.nota(b), s.fin(b)), beyond(at(b)))),
                    w.all("evl", lambda e, v, l: Implies(s.nul(e, v, l), beyond(e))),
                    w.all("b", lambda b: Implies(And(Or(s.nota(b), s.fin(b)), at(b) == t.epoch),
                                                 view(b) <= voted)),
                    w.all("vl", lambda v, l: Implies(s.nul(t.epoch, v, l), v <= voted)),
                    0 <= t.high, t.high < t.view, *fresh, *nothing_new]
            if not w.mutated("at once"):
                step += [t.high > floor]
        return [*inside, invariants(w, s, at, view, certified), *step], invariants(w, t, at, view, certified)

    return build


def leader_entry(w):
    """R3: what a leader of view w sends as entry certificate is one that R4 accepts: kind NC needs a base
    below w - 1. Its highQC may have grown to view w - 1 after it came in by nullity (a late notarization)."""
    view, high, base = Int("view"), Int("high"), Int("base")
    as_nullity = True if w.mutated("literal") else high < view - 1
    sent_base = high
    return [view >= 2, 0 <= base, base < view - 1, base <= high, high < view], Implies(
        as_nullity, And(sent_base < view - 1, sent_base >= base))


# -------------------------------------------------------------------------------------- C: the chain of one epoch


class Chain:
    """Votes of one epoch's committee. Genesis stands at view 0: the epoch's first parent."""

    def __init__(self, w):
        self.w, self.genesis = w, w.const("genesis", "b")
        self.view, self.parent = w.fn("viewOf", "b", "v"), w.fn("parent", "b", "b")
        self.under = w.fn("under", "bb", "bool")  # under(a, b): a is b or an ancestor of b
        self.member, self.honest, quorums = committee(w)
        honest = self.honest
        self.nota, self.fin = w.fn("nota", "nb", "bool"), w.fn("fin", "nb", "bool")
        # gave(n, v, l): n signed in this epoch a nullification of v above l or less; told: one that is counted.
        self.gave, self.told = w.fn("gave", "nvl", "bool"), w.fn("told", "nvl", "bool")
        view, gen = self.view, self.genesis
        self.facts = [view(gen) == 0, w.all("b", lambda b: Implies(b != gen, view(b) >= 1)),
                      w.all("b", lambda b: self.under(b, b)),
                      w.all("bb", lambda a, b: Implies(And(b != gen, self.under(a, self.parent(b))),
                                                       self.under(a, b))), *quorums]
        if w.finite:
            self.facts += [w.all("b", lambda b: view(b) <= 4)]
        honestly = lambda n, *xs: And(honest(n), *xs)
        if not w.mutated("twice"):  # I1
            self.facts += [w.all("nbb", lambda n, a, b: Implies(
                honestly(n, self.nota(n, a), self.nota(n, b), view(a) == view(b)), a == b))]
        if not w.mutated("level"):  # I2
            self.facts += [w.all("nbvl", lambda n, b, v, l: Implies(
                honestly(n, self.fin(n, b), self.gave(n, v, l)), Not(And(l < view(b), view(b) <= v))))]
        if not w.mutated("unseen"):  # I4
            self.facts += [w.all("nb", lambda n, b: Implies(honestly(n, self.fin(n, b)), self.certified(b)))]
        if not w.mutated("replay"):  # signed bytes name epoch and committee; blocks name theirs in the hash
            self.facts += [w.all("nvl", lambda n, v, l: Implies(honestly(n, self.told(n, v, l)),
                                                                self.gave(n, v, l)))]
        # CONS-7, CONS-8: what an honest validator checked before it notarized
        self.facts += [w.all("nb", lambda n, b: Implies(honestly(n, self.nota(n, b)), And(
            b != gen, self.certified(self.parent(b)), view(self.parent(b)) < view(b),
            Or(view(self.parent(b)) == view(b) - 1,
               self.nullity(view(b) - 1, 4 if w.mutated("parent") else view(self.parent(b)))))))]

    def quorum_of(self, says):
        return self.w.some("Q", lambda q: self.w.all("n", lambda n: Implies(self.member(n, q), says(n))))

    def certified(self, b):
        return Or(b == self.genesis, self.quorum_of(lambda n: self.nota(n, b)))

    def final(self, b):
        return self.quorum_of(lambda n: self.fin(n, b))

    def nullity(self, v, top):
        """A nullity certificate of v with no level above `top`."""
        return self.quorum_of(lambda n: self.told(n, v, top))


def chain(lemma):
    def build(w):
        c = Chain(w)
        a, b, v, l = w.const("A", "b"), w.const("B", "b"), Int("v"), Int("l")
        known = [*c.facts]
        if w.finite:
            known += [0 <= v, v <= 4, 0 <= l, l <= 4]
        not_first = [a != c.genesis, b != c.genesis]
        if lemma == "one block a view":  # Lemma 1
            return known + not_first + [c.certified(a), c.certified(b), c.view(a) == c.view(b)], a == b
        if lemma == "final is notarized":  # Lemma 1: a finality stands wherever a notarization is asked for
            return known + [c.final(a)], c.certified(a)
        if lemma == "nullity excludes":  # Lemma 2
            return known + [c.nullity(v, l), l < c.view(a), c.view(a) <= v], Not(c.final(a))
        if lemma == "genesis below all":  # induction over the view
            earlier = w.all("b", lambda x: Implies(And(c.certified(x), c.view(x) < c.view(b)),
                                                   c.under(c.genesis, x)))
            return known + [c.certified(b), earlier], c.under(c.genesis, b)
        earlier = w.all("b", lambda x: Implies(
            And(c.certified(x), c.view(a) <= c.view(x), c.view(x) < c.view(b)), c.under(a, x)))
        return known + not_first + [c.final(a), c.certified(b), c.view(a) <= c.view(b), earlier], c.under(a, b)

    return build


def run(books):
    ask = books.obligation
    ask("Q-share", "two quorums share an honest validator", quorums_share,
        [("small", "a quorum is one fewer")], numbers=True)
    ask("Q-honest", "the honest alone are a quorum", honest_are_a_quorum, [("large", "a quorum is one more")],
        numbers=True)
    ask("L-start", "invariants I1..I6 hold at the start", local("start"))
    ask("L-notarize", "... and after a notarization, with a jump or without", local("notarize"),
        [("twice", "notarizes twice in one view")])
    ask("L-leave-qc", "... after leaving by a notarization, finalizing or not", local("leave by notarization"),
        [("nullified", "finalizes a view it has nullified")])
    ask("L-late-qc", "... after a notarization of a view already left", local("late notarization"))
    ask("L-nullify", "... after a nullification", local("nullify"), [("level", "the level is always zero")])
    ask("L-leave-nc", "... after leaving by a nullity", local("leave by nullity"))
    ask("L-restart", "... after a restart with the record intact", local("restart"),
        [("amnesia", "the view's own votes are forgotten"), ("highQC", "the newest notarization is forgotten")])
    ask("L-switch", "... after opening the next epoch", local("switch"),
        [("keeps", "the old epoch's newest notarization is kept")])
    ask("L-rejoin", "... after resuming with the record lost", local("rejoin"),
        [("closing", "resumes in an epoch that had ended before the loss"),
         ("at once", "resumes without a notarization above the floor")])
    ask("L-rejoin-lower", "... were the floor one lower, too (the one added is spare)",
        local("rejoin, lower floor"))
    ask("L-entry", "a leader's entry certificate is one that is accepted", leader_entry,
        [("literal", "R3 as written: the nullity's base is always replaced")], numbers=True)
    ask("C-one", "Lemma 1: one notarized block a view", chain("one block a view"),
        [("twice", "an honest validator notarizes twice"), ("small", "quorums of two")])
    ask("C-final", "Lemma 1: a final block is notarized", chain("final is notarized"),
        [("unseen", "finalizes what it saw no notarization of")])
    ask("C-nullity", "Lemma 2: no block between a nullity's level and view is final", chain("nullity excludes"),
        [("level", "levels promise nothing"), ("replay", "nullifications of another epoch are counted")])
    ask("C-chain", "Lemma 3: a final block is under every later notarized one", chain("chain"),
        [("parent", "the parent may lie below the level"), ("level", "levels promise nothing"),
         ("twice", "an honest validator notarizes twice"), ("small", "quorums of two"),
         ("replay", "nullifications of another epoch are counted")])
    ask("C-genesis", "every notarized block descends from the epoch's first parent", chain("genesis below all"))
