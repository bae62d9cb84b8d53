/* SPDX-License-Identifier: Apache-2.0 */
/* The return of a validator that lost its record (R12), across the end of an epoch. Four validators of which one lies
 * and "has signed everything"; validator 0 is the one that loses its record, at any moment, once.
 *
 * Only what R12 asks for is here: in which epoch and view somebody votes, which certificates could be made, whose
 * highQC lies at or past a closing block. By Lemma 3 (prove.py C-chain) the notarized blocks that matter lie on one
 * chain, so a block is its view, and it lies at or past the closing block from view `closing` on, which is any view
 * the liar likes. Views end in order: all certificates of views up to `top` could be made, and the liar chooses of
 * each view whether it is a notarization or a nullity. Of epoch 0 there are V views; of epoch 1 only the ballots of
 * view 1 are here: those are what could be repeated.
 *
 * Checked: after its return validator 0 votes only in places above all it voted in before. With that its old votes
 * need not be known for the invariants to hold (prove.py L-rejoin).
 *
 * Mutations: -DNO_CLOSING_TEST -DAT_ONCE -DSTALE_ANSWERS -DSWITCH_ENDS_SILENCE; -DWITNESS: it does return.      */

#ifndef V
#define V 4                             /* 4 to 6 */
#endif
#define NEED 2                          /* honest votes that the liar completes to a quorum */

typedef Validator {
  bit epoch;
  byte view;                            /* 1..V+1; 1 in epoch 1 */
  byte high;                            /* view of its highQC */
  bit voted;                            /* in view top + 1 of epoch 0: decides when it ends */
};
Validator node[3];
byte top;                               /* views of epoch 0 that have ended */
bit qc[V + 1];                          /* by a notarization, not by a nullity */
byte fin[V + 1];                        /* how many honest validators finalized, from the closing block on */
byte closing;                           /* first view of epoch 0 whose block carries nextEpoch */
bit lost;                               /* 0 has lost its record */
bit silent;                             /* and must not speak */
byte floor;                             /* 0 while not set */
byte answer[3];                         /* views told by 1 and 2, 0 while none */
byte before;                            /* where 0 voted before the loss: epoch * 8 + view, the highest */

#define SPEAKS(i) (i != 0 || !silent)

hidden byte place, here;                /* scratch, no part of a state */
/* i says something in view v of epoch e. */
inline speak(i, e, v) {
  if
  :: i == 0 ->
     place = e * 8 + v;
     assert(!lost || place > before);
#ifdef WITNESS
     assert(!lost);
#endif
     if :: !lost && place > before -> before = place :: else fi
  :: else
  fi
}
/* R1: a floor is cleared by a notarization above it. */
#ifdef AT_ONCE
#define CLEARED true
#else
#define CLEARED (node[0].high > floor)
#endif
inline wake() { if :: silent && floor != 0 && CLEARED -> silent = 0; floor = 0 :: else fi }

/* R4 to R6: i votes in the newest view, whose entry certificate brings it there. The second honest vote lets the
 * liar make a certificate of the kind it likes. */
#define VOTE(i, kind) \
  :: d_step { \
       node[i].epoch == 0 && top < V && node[i].view <= top + 1 && SPEAKS(i) && !node[i].voted -> \
       speak(i, 0, top + 1); \
       node[i].view = top + 1; node[i].voted = 1; \
       if \
       :: node[0].voted + node[1].voted + node[2].voted >= NEED -> \
          node[0].voted = 0; node[1].voted = 0; node[2].voted = 0; \
          top++; qc[top] = kind \
       :: else \
       fi }
/* R1, R2: i leaves its view by the certificate of view v, finalizing or (it had nullified) not. */
#define LEAVE(i, v, finalizes) \
  :: d_step { \
       node[i].epoch == 0 && v <= top && node[i].view <= v && (!finalizes || (SPEAKS(i) && qc[v])) -> \
       if \
       :: finalizes -> \
          speak(i, 0, v); \
          if :: v >= closing && fin[v] < NEED -> fin[v]++ :: else fi \
       :: else \
       fi; \
       node[i].view = v + 1; \
       if :: qc[v] -> node[i].high = v; wake() :: else fi }
/* R1: a late notarization. */
#define LATE(i, v) \
  :: d_step { \
       node[i].epoch == 0 && v <= top && qc[v] && node[i].view > v && node[i].high < v -> \
       node[i].high = v; wake() }
/* R14: i opens epoch 1; if silent it must ask again there. */
#ifdef SWITCH_ENDS_SILENCE
#define SWITCHED silent = 0
#else
#define SWITCHED skip
#endif
#define OPEN(i, v) \
  :: d_step { \
       node[i].epoch == 0 && fin[v] >= NEED -> \
       node[i].epoch = 1; node[i].view = 1; node[i].high = 0; \
       if :: i == 0 -> floor = 0; answer[1] = 0; answer[2] = 0; SWITCHED :: else fi }
#define IN_VIEW(i, v) LEAVE(i, v, 0) LEAVE(i, v, 1) LATE(i, v) OPEN(i, v)

/* R12: j answers 0, who asks in epoch 0. An answer of somebody at or past a closing block says so and is discarded.
 * The liar answers too: as it likes, so as nothing. With both honest answers there is a quorum of others. */
#ifdef NO_CLOSING_TEST
#define CLEAR(j) true
#else
#define CLEAR(j) (node[j].high < closing)
#endif
#ifdef STALE_ANSWERS
#define ASKS true                       /* an answer to a question before the loss is as good */
#else
#define ASKS silent
#endif
#define ANSWERS(j, k) \
  :: d_step { \
       ASKS && floor == 0 && node[0].epoch == 0 && node[j].epoch == 0 && CLEAR(j) && answer[j] < node[j].view -> \
       answer[j] = node[j].view } \
  :: d_step { \
       silent && floor == 0 && node[0].epoch == 0 && node[j].epoch == 0 && !CLEAR(j) && answer[j] != 0 -> \
       answer[j] = 0 } \
  :: d_step { \
       silent && floor == 0 && answer[j] != 0 && answer[k] != 0 && answer[j] >= answer[k] -> \
       floor = answer[j] + 1; answer[1] = 0; answer[2] = 0; wake() }

#define TO_4(i) VOTE(i, 0) VOTE(i, 1) IN_VIEW(i, 1) IN_VIEW(i, 2) IN_VIEW(i, 3) IN_VIEW(i, 4)
#if V == 4
#define STEPS(i) TO_4(i)
#elif V == 5
#define STEPS(i) TO_4(i) IN_VIEW(i, 5)
#else
#define STEPS(i) TO_4(i) IN_VIEW(i, 5) IN_VIEW(i, 6)
#endif

init {
  d_step { node[0].view = 1; node[1].view = 1; node[2].view = 1 }
  if :: closing = 1 :: closing = 2 :: closing = 3 fi;
end:
  do
  STEPS(0) STEPS(1) STEPS(2)
  :: d_step { /* 0 votes in a view that has ended: of no consequence but to itself */
       node[0].epoch == 0 && node[0].view <= top && !silent && (lost || before < node[0].view) ->
       here = node[0].view; speak(0, 0, here) }
  :: d_step { /* 0 votes in view 1 of epoch 1 */
       node[0].epoch == 1 && !silent && (lost || before < 8 + 1) -> speak(0, 1, 1) }
  :: d_step { /* 0 loses its record, and knows of no epoch but the first until somebody proves the next */
       !lost ->
       lost = 1; silent = 1; floor = 0;
       node[0].epoch = 0; node[0].view = 1; node[0].high = 0 }
  ANSWERS(1, 2) ANSWERS(2, 1)
  od
}
