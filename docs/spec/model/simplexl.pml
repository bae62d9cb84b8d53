/* SPDX-License-Identifier: Apache-2.0 */
/* Safety of Simplex-L within one epoch: four validators, of which one lies.
 *
 * The liar "has signed everything": whatever two honest validators say is a quorum's word. Every leader is
 * adversarial too: any block, up to BLOCKS a view, on any parent that its entry certificate justifies. The network
 * is the set of all that was ever said: an honest validator may see a certificate at any time after it could be
 * made, in any order, or never. Time does not exist: a view's timer may run out at any moment.
 *
 * The three honest validators are alike, so after each step they are put into ascending order: states that differ
 * in names only are one state. A block comes into being with its first honest notarization; before that nobody
 * could tell that it exists.
 *
 * Mutations: -DFINALIZE_NULLIFIED -DLEVEL_ZERO -DPARENT_BELOW -DNOTARIZE_TWICE -DAMNESIA -DLOW_QUORUM
 * -DWITNESS asks for something that must be reachable, -DWITH_RESTART adds restarts with the record intact. */

#ifndef V
#define V 2                             /* views 1..V, at most 3 */
#endif
#ifndef BLOCKS
#define BLOCKS 2                        /* blocks a view, 1 or 2 */
#endif
#define BLOCK(v, x) (2 * (v) - 1 + (x)) /* 1..2V; 0 is the epoch's first parent, at view 0 */
#define VIEW(b)     (((b) + 1) / 2)
#define BIT(b)      (2 - (b) % 2)       /* 1 or 2: which of its view's blocks */
#define NONE 7                          /* no level, no parent */
#ifdef LOW_QUORUM
#define NEED 1
#else
#define NEED 2                          /* honest votes that the liar completes to a quorum */
#endif

typedef Validator {
  byte view;                            /* current view, 1..V+1 */
  byte high;                            /* block of its highQC */
  byte nota[V + 1];                     /* by view: bits of the blocks it notarized, ever */
  byte fin[V + 1];                      /* by view: bits of the blocks it finalized, ever */
  byte lev[V + 1];                      /* by view: lowest level it nullified at, ever, or NONE */
#ifdef AMNESIA
  bit forgot;                           /* it restarted in this view without its record */
#endif
};
Validator node[3];
byte par[2 * V + 1];                    /* parent of a block, NONE before it exists */

/* What a validator remembers of its current view is what it said, unless it forgot. */
#ifdef AMNESIA
#define REMEMBERS(i) (!node[i].forgot)
#define FRESH(i) node[i].forgot = 0
#else
#define REMEMBERS(i) true
#define FRESH(i) skip
#endif
#define SPOKE(i) (node[i].nota[node[i].view] != 0 && REMEMBERS(i))
#define GAVE(i)  (node[i].lev[node[i].view] != NONE && REMEMBERS(i))

/* Certificates that could be made. */
#define SAYS_N(i, b) ((node[i].nota[VIEW(b)] & BIT(b)) != 0)
#define SAYS_F(i, b) ((node[i].fin[VIEW(b)] & BIT(b)) != 0)
#define QC(b)      ((b) == 0 || SAYS_N(0, b) + SAYS_N(1, b) + SAYS_N(2, b) >= NEED)
#define FC(b)      (SAYS_F(0, b) + SAYS_F(1, b) + SAYS_F(2, b) >= NEED)
#define NC(v, top) ((node[0].lev[v] <= (top)) + (node[1].lev[v] <= (top)) + (node[2].lev[v] <= (top)) >= NEED)

/* CONS-7: a proposal in b's view may rest on p: the view before ended with p's notarization or with a nullity. */
#ifdef PARENT_BELOW
#define TOP(p) (NONE - 1)
#else
#define TOP(p) VIEW(p)
#endif
#define JUSTIFIED(b, p) (QC(p) && (VIEW(p) + 1 == VIEW(b) || NC(VIEW(b) - 1, TOP(p))))
#define KNOWS(b) (par[b] != NONE)
/* The second block of a view exists after the first: which is first is only a name. */
#define MAY_COME(b, p) (!KNOWS(b) && (BIT(b) == 1 || KNOWS((b) - 1)) && JUSTIFIED(b, p))

hidden byte b1, b2, up, w;              /* scratch, no part of a state */
hidden int key[3], k;
hidden byte said;                       /* a vote was cast in this step: worth a check */

inline learn(i, b) { if :: VIEW(b) > VIEW(node[i].high) -> node[i].high = b :: else fi }
inline enter(i, v) { node[i].view = v; FRESH(i) }

inline swap(a, c) {
  k = key[a]; key[a] = key[c]; key[c] = k;
  up = node[a].view; node[a].view = node[c].view; node[c].view = up;
  up = node[a].high; node[a].high = node[c].high; node[c].high = up;
#ifdef AMNESIA
  up = node[a].forgot; node[a].forgot = node[c].forgot; node[c].forgot = up;
#endif
  w = 1;
  do
  :: w <= V ->
     up = node[a].nota[w]; node[a].nota[w] = node[c].nota[w]; node[c].nota[w] = up;
     up = node[a].fin[w]; node[a].fin[w] = node[c].fin[w]; node[c].fin[w] = up;
     up = node[a].lev[w]; node[a].lev[w] = node[c].lev[w]; node[c].lev[w] = up;
     w++
  :: else -> break
  od
}
inline weigh(i) {                       /* all of a validator in one number */
  key[i] = node[i].view * 8 + node[i].high; w = 1;
#ifdef AMNESIA
  key[i] = key[i] * 2 + node[i].forgot;
#endif
  do
  :: w <= V -> key[i] = ((key[i] * 4 + node[i].nota[w]) * 4 + node[i].fin[w]) * 8 + node[i].lev[w]; w++
  :: else -> break
  od
}
inline order() {
  weigh(0); weigh(1); weigh(2);
  if :: key[0] > key[1] -> swap(0, 1) :: else fi;
  if :: key[1] > key[2] -> swap(1, 2) :: else fi;
  if :: key[0] > key[1] -> swap(0, 1) :: else fi
}

/* Lemma 3, and with it that the chain does not fork: a final block is an ancestor of every notarized block of its
 * own or a later view. */
inline check() {
  b1 = 1;
  do
  :: b1 <= 2 * V ->
     if
     :: KNOWS(b1) && FC(b1) ->
        b2 = BLOCK(VIEW(b1), 0);
        do
        :: b2 <= 2 * V ->
#ifdef WITNESS                          /* a final block that skipped every view below its own can come about */
           assert(!(VIEW(b1) == V && par[b1] == 0));
#endif
           if
           :: KNOWS(b2) && QC(b2) ->
              up = b2;
              do :: VIEW(up) > VIEW(b1) -> up = par[up] :: else -> break od;
              assert(up == b1)
           :: else
           fi;
           b2++
        :: else -> break
        od
     :: else
     fi;
     b1++
  :: else -> break
  od
}

/* R4, R5: i notarizes b on p; the proposal brings it to b's view. */
#ifdef NOTARIZE_TWICE
#define SILENT_IN(i, v) (node[i].view <= (v))
#else
#define SILENT_IN(i, v) (node[i].view < (v) || (node[i].view == (v) && !SPOKE(i)))
#endif
#define NOTARIZE(i, b, p) \
  :: d_step { \
       SILENT_IN(i, VIEW(b)) && (par[b] == p || MAY_COME(b, p)) -> \
       par[b] = p; \
       if :: node[i].view < VIEW(b) -> enter(i, VIEW(b)) :: else fi; \
       learn(i, p); \
       node[i].nota[VIEW(b)] = node[i].nota[VIEW(b)] | BIT(b); \
       said = 1 }

/* R1, R2: i sees b's notarization and leaves its view. It finalizes wherever it may: one vote more helps the liar.
 * Below its own view a notarization only raises highQC. */
#ifdef FINALIZE_NULLIFIED
#define MAY_FINALIZE(i, b) true
#else
#define MAY_FINALIZE(i, b) (node[i].view < VIEW(b) || !GAVE(i))
#endif
#define NOTARIZED(i, b) \
  :: d_step { \
       KNOWS(b) && node[i].view <= VIEW(b) && QC(b) -> \
       if :: MAY_FINALIZE(i, b) -> node[i].fin[VIEW(b)] = node[i].fin[VIEW(b)] | BIT(b) :: else fi; \
       enter(i, VIEW(b) + 1); learn(i, b); \
       said = 1 } \
  :: d_step { \
       KNOWS(b) && node[i].view > VIEW(b) && VIEW(b) > VIEW(node[i].high) && QC(b) -> \
       node[i].high = b }

/* R6: the timer of i's view runs out. */
#ifdef LEVEL_ZERO
#define LEVEL(i) 0
#else
#define LEVEL(i) VIEW(node[i].high)
#endif
#define TIMER(i) \
  :: d_step { \
       node[i].view <= V && !GAVE(i) -> \
       up = LEVEL(i); w = node[i].view; \
       if :: up < node[i].lev[w] -> node[i].lev[w] = up :: else fi }

/* R1, R2: i sees a nullity of v with b's notarization as its base. */
#define NULLITY(i, v, b) \
  :: d_step { \
       node[i].view <= (v) && ((b) == 0 || KNOWS(b)) && QC(b) && NC(v, VIEW(b)) -> \
       enter(i, (v) + 1); learn(i, b) }

/* R11: i restarts with its record. The record holds what it signed; all else may be as old as that allows: the view
 * of its newest vote, and as highQC what it finalized last. */
#define RESTART(i) \
  :: d_step { \
       b1 = 1; b2 = 0; w = 1; \
       do \
       :: w <= V -> \
          if :: node[i].nota[w] != 0 || node[i].lev[w] != NONE -> b1 = w :: else fi; \
          if :: node[i].fin[w] != 0 -> b1 = w + 1; b2 = BLOCK(w, node[i].fin[w] - 1) :: else fi; \
          w++ \
       :: else -> break \
       od; \
       node[i].view = b1; node[i].high = b2 }
/* Mutation: it restarts in its view and does not know what it said there. */
#define FORGET(i) :: d_step { node[i].view <= V && !node[i].forgot -> node[i].forgot = 1 }

#if BLOCKS == 2
#define PAIR(act, i, v)     act(i, BLOCK(v, 0)) act(i, BLOCK(v, 1))
#define ON(i, b, v)         NOTARIZE(i, b, BLOCK(v, 0)) NOTARIZE(i, b, BLOCK(v, 1))
#define BASES(i, v, u)      NULLITY(i, v, BLOCK(u, 0)) NULLITY(i, v, BLOCK(u, 1))
#else
#define PAIR(act, i, v)     act(i, BLOCK(v, 0))
#define ON(i, b, v)         NOTARIZE(i, b, BLOCK(v, 0))
#define BASES(i, v, u)      NULLITY(i, v, BLOCK(u, 0))
#endif
#define IN1(i, b) NOTARIZE(i, b, 0)
#define IN2(i, b) NOTARIZE(i, b, 0) ON(i, b, 1)
#define IN3(i, b) NOTARIZE(i, b, 0) ON(i, b, 1) ON(i, b, 2)

#define UP_TO_2(i) \
  TIMER(i) PAIR(IN1, i, 1) PAIR(IN2, i, 2) PAIR(NOTARIZED, i, 1) PAIR(NOTARIZED, i, 2) \
  NULLITY(i, 1, 0) NULLITY(i, 2, 0) BASES(i, 2, 1)
#if V == 2
#define STEPS(i) UP_TO_2(i)
#else
#define STEPS(i) UP_TO_2(i) PAIR(IN3, i, 3) PAIR(NOTARIZED, i, 3) NULLITY(i, 3, 0) BASES(i, 3, 1) BASES(i, 3, 2)
#endif
#ifdef AMNESIA
#define AND(i) FORGET(i)
#elif defined(WITH_RESTART)
#define AND(i) RESTART(i)
#else
#define AND(i)
#endif

init {
  d_step {
    b1 = 0;
    do
    :: b1 < 3 ->
       node[b1].view = 1; w = 0;
       do :: w <= V -> node[b1].lev[w] = NONE; w++ :: else -> break od;
       b1++
    :: else -> break
    od;
    b1 = 1;
    do :: b1 <= 2 * V -> par[b1] = NONE; b1++ :: else -> break od
  }
end:
  do
  :: atomic {
       if
       STEPS(0) STEPS(1) STEPS(2)
       AND(0) AND(1) AND(2)
       fi;
       d_step { if :: said -> said = 0; check() :: else fi; order() } }
  od
}
