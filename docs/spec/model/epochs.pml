/* SPDX-License-Identifier: Apache-2.0 */
/* The epoch switch of Simplex-L (R14): two epochs of V views each, one block a view, four validators of which one lies
 * and "has signed everything" (see simplexl.pml, whose rules of voting stand here again, with the epoch added).
 *
 * A change of the committee has been approved before the first block. A header of epoch 0 carries nextEpoch if it
 * attests a height at or after the approval, which is its proposer's choice (LATE) or not (EARLY). The first block of
 * a branch that carries is the closing block C; what follows it in epoch 0 must be empty. Whoever learns that C is
 * final, by C's own finality or that of a descendant, opens epoch 1 on C. There was one approval, so epoch 1 must
 * never close. Both epochs have the same four members: the liar's best case, for every ballot can be replayed.
 *
 * Checked after every step: in each epoch a final block is an ancestor of every notarized block of its own or a later
 * view; everybody opens epoch 1 from one block; nothing final has content that the switch drops; final blocks of
 * epoch 0 that are not dropped lie below C; epoch 1 does not close.
 *
 * Mutations: -DCONTENT_AFTER_CLOSING -DCLOSING_TWICE -DREPLAY -DLAST_CARRIER              */

#ifndef V
#define V 2                             /* views of an epoch, 2 or 3 */
#endif
#define SLOT(e, v) ((e) * V + (v))      /* a view of an epoch, and its one block; 0 is the epoch's first parent */
#define EPOCH(s)   (((s) - 1) / V)
#define VIEW(s)    ((s) == 0 -> 0 : ((s) - 1) % V + 1)
#define SLOTS      (2 * V)
#define NONE 7
#define NEED 2                          /* honest votes that the liar completes to a quorum */

#define EARLY  0                        /* attests a height before the approval */
#define LATE   1                        /* ... at or after the approval and below C: the header carries nextEpoch */
#define BEYOND 2                        /* ... C or later: nothing is pending there */

typedef Validator {
  bit epoch;
  byte view;                            /* 1..V+1 */
  byte high;                            /* slot of its highQC */
  bit nota[SLOTS + 1];
  bit fin[SLOTS + 1];
  byte lev[SLOTS + 1];                  /* level of its nullification, or NONE */
};
Validator node[3];
byte par[SLOTS + 1];                    /* parent, NONE while the block does not exist */
byte att[SLOTS + 1];                    /* EARLY, LATE or BEYOND */
bit content[SLOTS + 1];
byte opened;                            /* the block on which epoch 1 was opened first */

#define AT(i)    SLOT(node[i].epoch, node[i].view)
#define KNOWS(s) (par[s] != NONE)
#define QC(s)    ((s) == 0 || node[0].nota[s] + node[1].nota[s] + node[2].nota[s] >= NEED)
#define FC(s)    (node[0].fin[s] + node[1].fin[s] + node[2].fin[s] >= NEED)
#ifdef REPLAY                           /* signed bytes name neither epoch nor committee: blocks do, levels do not */
#define OTHER(s) ((s) > V -> (s) - V : (s) + V)
#define GAVE_UP(i, s, top) (node[i].lev[s] <= (top) || node[i].lev[OTHER(s)] <= (top))
#else
#define GAVE_UP(i, s, top) (node[i].lev[s] <= (top))
#endif
#define NC(s, top) (GAVE_UP(0, s, top) + GAVE_UP(1, s, top) + GAVE_UP(2, s, top) >= NEED)
#define JUSTIFIED(s, p) (QC(p) && (VIEW(p) + 1 == VIEW(s) || NC((s) - 1, VIEW(p))))

/* 2.10 check 6, 2.14: what an honest voter asks of a block s on p. That the parent carries tells that the branch is
 * closed (E-parent of prove.py). The first block of epoch 1 attests C. */
#define CARRIES(s) ((s) != 0 && att[s] == LATE)
#ifdef CLOSING_TWICE
#define FIRST_ATTESTS LATE              /* C's own: only "not below the parent's" is asked for */
#else
#define FIRST_ATTESTS BEYOND
#endif
#define ATTESTED(s, p) ((p) != 0 -> att[p] : (EPOCH(s) == 0 -> EARLY : FIRST_ATTESTS))
#ifdef CONTENT_AFTER_CLOSING
#define EMPTY_ENOUGH(p, t) true
#else
#define EMPTY_ENOUGH(p, t) (!CARRIES(p) || !(t))
#endif
#define VALID(s, p, a, t) ((a) >= ATTESTED(s, p) && (EPOCH(s) == 1 || ((a) != BEYOND && EMPTY_ENOUGH(p, t))))
/* Only content on a closed branch matters to anybody here. */
#define MATTERS(p, t) (!(t) || CARRIES(p))
#define SAME(s, p, a, t) (par[s] == (p) && att[s] == (a) && content[s] == (t))

hidden byte b1, b2, up, w;              /* scratch, no part of a state */
hidden int key[3], k;
hidden byte said;                       /* a vote was cast in this step: worth a check */

inline learn(i, s) { if :: VIEW(s) > VIEW(node[i].high) -> node[i].high = s :: else fi }

inline swap(a, c) {
  k = key[a]; key[a] = key[c]; key[c] = k;
  up = node[a].epoch; node[a].epoch = node[c].epoch; node[c].epoch = up;
  up = node[a].view; node[a].view = node[c].view; node[c].view = up;
  up = node[a].high; node[a].high = node[c].high; node[c].high = up;
  w = 1;
  do
  :: w <= SLOTS ->
     up = node[a].nota[w]; node[a].nota[w] = node[c].nota[w]; node[c].nota[w] = up;
     up = node[a].fin[w]; node[a].fin[w] = node[c].fin[w]; node[c].fin[w] = up;
     up = node[a].lev[w]; node[a].lev[w] = node[c].lev[w]; node[c].lev[w] = up;
     w++
  :: else -> break
  od
}
/* All of a validator in one number; levels are 0..V-1 or NONE, told apart by 2 bits (3 views: 0, 1, 2, NONE = 7). */
inline weigh(i) {
  key[i] = (node[i].epoch * 8 + node[i].view) * 8 + node[i].high; w = 1;
  do
  :: w <= SLOTS ->
     key[i] = ((key[i] * 2 + node[i].nota[w]) * 2 + node[i].fin[w]) * 4 + (node[i].lev[w] & 3); w++
  :: else -> break
  od
}
inline order() {
  weigh(0); weigh(1); weigh(2);
  if :: key[0] > key[1] -> swap(0, 1) :: else fi;
  if :: key[1] > key[2] -> swap(1, 2) :: else fi;
  if :: key[0] > key[1] -> swap(0, 1) :: else fi
}

/* The closing block of the branch that ends in s, or 0: into up. */
inline closing(s) {
  w = s; up = 0;
  do
  :: w != 0 ->
#ifdef LAST_CARRIER
     if :: CARRIES(w) && up == 0 -> up = w :: else fi;
#else
     if :: CARRIES(w) -> up = w :: else fi;
#endif
     w = par[w]
  :: else -> break
  od
}

/* Once all honest validators are in epoch 1 nobody asks for what was said in epoch 0, unless it can be replayed. */
#ifdef REPLAY
#define IRRELEVANT false
#else
#define IRRELEVANT (node[0].epoch + node[1].epoch + node[2].epoch == 3)
#endif
inline forget() {
  if
  :: IRRELEVANT ->
     w = 1;
     do
     :: w <= V ->
        par[w] = NONE; att[w] = 0; content[w] = 0;
        node[0].nota[w] = 0; node[0].fin[w] = 0; node[0].lev[w] = NONE;
        node[1].nota[w] = 0; node[1].fin[w] = 0; node[1].lev[w] = NONE;
        node[2].nota[w] = 0; node[2].fin[w] = 0; node[2].lev[w] = NONE;
        w++
     :: else -> break
     od
  :: else
  fi
}

inline check() {
  b1 = 1;
  do
  :: b1 <= SLOTS ->
     if
     :: KNOWS(b1) && FC(b1) ->
        b2 = b1;
        do                              /* Lemma 3 within the epoch */
        :: b2 <= SLOTS && EPOCH(b2) == EPOCH(b1) ->
           if
           :: KNOWS(b2) && QC(b2) ->
              up = b2;
              do :: up > b1 -> up = par[up] :: else -> break od;
              assert(up == b1)
           :: else
           fi;
           b2++
        :: else -> break
        od;
        if
        :: b1 <= V ->
           closing(b1);
           assert(up == 0 || up == b1 || !content[b1]);   /* what is dropped is empty */
           assert(opened == 0 || up == 0 || up == opened); /* one closing block */
           assert(opened == 0 || up != 0 || b1 < opened);  /* what is kept lies below it (with Lemma 3) */
#ifdef WITNESS
           assert(!(opened == 1 && b1 == 2 && KNOWS(V + 2) && FC(V + 2)));
#endif
        :: else -> assert(!CARRIES(b1)) /* one approval closes one epoch */
        fi
     :: else
     fi;
     b1++
  :: else -> break
  od
}

/* R4, R5. A block comes into being with its first honest notarization. */
#define NOTARIZE(i, s, p, a, t) \
  :: d_step { \
       node[i].epoch == EPOCH(s) && node[i].view <= VIEW(s) && !node[i].nota[s] && \
       (SAME(s, p, a, t) || (!KNOWS(s) && MATTERS(p, t) && VALID(s, p, a, t) && JUSTIFIED(s, p))) -> \
       par[s] = p; att[s] = a; content[s] = t; \
       node[i].view = VIEW(s); learn(i, p); node[i].nota[s] = 1; \
       said = 1 }

/* R1, R2 */
#define NOTARIZED(i, s) \
  :: d_step { \
       node[i].epoch == EPOCH(s) && KNOWS(s) && node[i].view <= VIEW(s) && QC(s) -> \
       if :: node[i].view < VIEW(s) || node[i].lev[s] == NONE -> node[i].fin[s] = 1 :: else fi; \
       node[i].view = VIEW(s) + 1; learn(i, s); \
       said = 1 } \
  :: d_step { \
       node[i].epoch == EPOCH(s) && KNOWS(s) && node[i].view > VIEW(s) && VIEW(s) > VIEW(node[i].high) && QC(s) -> \
       node[i].high = s }

/* R6 */
#define TIMER(i) \
  :: d_step { \
       node[i].view <= V && node[i].lev[AT(i)] == NONE -> \
       node[i].lev[AT(i)] = VIEW(node[i].high) }

/* R1, R2 */
#define NULLITY(i, s, b) \
  :: d_step { \
       node[i].epoch == EPOCH(s) && node[i].view <= VIEW(s) && ((b) == 0 || KNOWS(b)) && QC(b) && NC(s, VIEW(b)) -> \
       node[i].view = VIEW(s) + 1; learn(i, b) }

/* R14: i learns s's finality; if its branch is closed, i ends epoch 0. */
#define OPEN(i, s) \
  :: d_step { \
       node[i].epoch == 0 && KNOWS(s) && FC(s) -> \
       closing(s); \
       if \
       :: up != 0 -> \
          assert(opened == 0 || opened == up); \
          opened = up; node[i].epoch = 1; node[i].view = 1; node[i].high = 0; \
          forget(); said = 1 \
       :: else \
       fi }
#define ANY0(i, s, p) \
  NOTARIZE(i, s, p, EARLY, 0) NOTARIZE(i, s, p, EARLY, 1) NOTARIZE(i, s, p, LATE, 0) NOTARIZE(i, s, p, LATE, 1)
#define ANY1(i, s, p) NOTARIZE(i, s, p, LATE, 0) NOTARIZE(i, s, p, BEYOND, 0)
#define IN(i, e, any) \
  any(i, SLOT(e, 1), 0) any(i, SLOT(e, 2), 0) any(i, SLOT(e, 2), SLOT(e, 1)) \
  NOTARIZED(i, SLOT(e, 1)) NOTARIZED(i, SLOT(e, 2)) \
  NULLITY(i, SLOT(e, 1), 0) NULLITY(i, SLOT(e, 2), 0) NULLITY(i, SLOT(e, 2), SLOT(e, 1))
#if V == 2
#define IN_ALL(i, e, any) IN(i, e, any)
#define OPENS(i) OPEN(i, 1) OPEN(i, 2)
#else
#define IN_ALL(i, e, any) \
  IN(i, e, any) any(i, SLOT(e, 3), 0) any(i, SLOT(e, 3), SLOT(e, 1)) any(i, SLOT(e, 3), SLOT(e, 2)) \
  NOTARIZED(i, SLOT(e, 3)) NULLITY(i, SLOT(e, 3), 0) NULLITY(i, SLOT(e, 3), SLOT(e, 1)) \
  NULLITY(i, SLOT(e, 3), SLOT(e, 2))
#define OPENS(i) OPEN(i, 1) OPEN(i, 2) OPEN(i, 3)
#endif
#define STEPS(i) TIMER(i) IN_ALL(i, 0, ANY0) OPENS(i) IN_ALL(i, 1, ANY1)

init {
  d_step {
    w = 1;
    do
    :: w <= SLOTS ->
       par[w] = NONE; node[0].lev[w] = NONE; node[1].lev[w] = NONE; node[2].lev[w] = NONE; w++
    :: else -> break
    od;
    node[0].view = 1; node[1].view = 1; node[2].view = 1
  }
end:
  do
  :: atomic {
       if
       STEPS(0) STEPS(1) STEPS(2)
       fi;
       d_step { if :: said -> said = 0; check() :: else fi; order() } }
  od
}
