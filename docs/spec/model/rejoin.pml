/* SPDX-License-Identifier: Apache-2.0 */
/* The return of a validator that lost its record (R12), across the end of an epoch. Four validators of which one lies
 * and "has signed everything"; validator 0 is the one that loses its record, at any moment, once.
 *
 * Only what R12 asks for is here: in which epoch and view somebody votes, which certificates could be made, whose
 * highQC lies at or past a closing block. By Lemma 3 (prove.py C-chain) the notarized blocks that matter lie on one
 * chain, so a block is its view, and it lies at or past the closing block from view `closing` on, which is any view
 * the liar likes. Epoch 0 has V views; of epoch 1 only the ballots of view 1 are here: those are what may be repeated.
 *
 * Checked: after its return validator 0 votes only in places above all it voted in before. With that its old votes
 * need not be known for the invariants to hold (prove.py L-rejoin).
 *
 * Mutations: -DNO_CLOSING_TEST -DAT_ONCE -DSTALE_ANSWERS -DSWITCH_ENDS_SILENCE; -DWITNESS: it does return.      */

#ifndef V
#define V 4
#endif
#define NEED 2                          /* honest votes that the liar completes to a quorum */

typedef Validator {
  bit epoch;
  byte view;                            /* 1..V+1; 1 in epoch 1 */
  byte high;                            /* view of its highQC */
  bit nota[V + 1];                      /* ever said in epoch 0, by view */
  bit nul[V + 1];
  bit fin[V + 1];
};
Validator node[3];
byte closing;                           /* first view of epoch 0 whose block carries nextEpoch */
bit lost;                               /* 0 has lost its record */
bit silent;                             /* and must not speak */
byte floor;                             /* 0 while not set */
byte answer[3];                         /* views told by 1 and 2, 0 while none */
byte before;                            /* where 0 voted before the loss: epoch * 8 + view, the highest */

#define QC(v) (node[0].nota[v] + node[1].nota[v] + node[2].nota[v] >= NEED)
#define NC(v) (node[0].nul[v] + node[1].nul[v] + node[2].nul[v] >= NEED)
#define FC(v) (node[0].fin[v] + node[1].fin[v] + node[2].fin[v] >= NEED)
#define REACHED(v) ((v) == 1 || QC((v) - 1) || NC((v) - 1))  /* an entry certificate of v could be made */
#define SPEAKS(i) (i != 0 || !silent)

hidden byte place;
/* 0 says something in view v of epoch e. */
inline speak(i, e, v) {
  if
  :: i == 0 ->
     place = e * 8 + v;
     assert(!lost || place > before);
#ifdef WITNESS
     assert(!lost);
#endif
     if :: !lost && place > before -> before = place :: else fi;
     place = 0
  :: else
  fi
}
inline move(i, v) { node[i].view = v }
inline learn(i, v) { if :: v > node[i].high -> node[i].high = v :: else fi }
/* R1: a floor is cleared by a notarization above it. */
inline wake(i) {
  if
#ifdef AT_ONCE
  :: i == 0 && silent && floor != 0 -> silent = 0; floor = 0
#else
  :: i == 0 && silent && floor != 0 && node[0].high > floor -> silent = 0; floor = 0
#endif
  :: else
  fi
}

#define IN_VIEW(i, v) \
  :: d_step { /* R4, R5 */ \
       node[i].epoch == 0 && node[i].view <= v && SPEAKS(i) && !node[i].nota[v] && REACHED(v) -> \
       move(i, v); speak(i, 0, v); node[i].nota[v] = 1 } \
  :: d_step { /* R6 */ \
       node[i].epoch == 0 && node[i].view == v && SPEAKS(i) && !node[i].nul[v] -> \
       speak(i, 0, v); node[i].nul[v] = 1 } \
  :: d_step { /* R1, R2: leaves by notarization; while silent it signs nothing */ \
       node[i].epoch == 0 && node[i].view <= v && QC(v) -> \
       if \
       :: SPEAKS(i) && (node[i].view < v || !node[i].nul[v]) -> speak(i, 0, v); node[i].fin[v] = 1 \
       :: else \
       fi; \
       move(i, v + 1); learn(i, v); wake(i) } \
  :: d_step { /* R1: a late notarization */ \
       node[i].epoch == 0 && node[i].view > v && node[i].high < v && QC(v) -> \
       learn(i, v); wake(i) } \
  :: d_step { /* R1, R2: leaves by nullity */ \
       node[i].epoch == 0 && node[i].view <= v && NC(v) -> move(i, v + 1) } \
  :: d_step { /* R14: opens epoch 1; if silent it must ask again there */ \
       node[i].epoch == 0 && v >= closing && FC(v) -> \
       node[i].epoch = 1; node[i].view = 1; node[i].high = 0; \
       if \
       :: i == 0 -> \
          floor = 0; answer[1] = 0; answer[2] = 0; \
          SWITCHED \
       :: else \
       fi }
#ifdef SWITCH_ENDS_SILENCE
#define SWITCHED silent = 0
#else
#define SWITCHED skip
#endif

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
       floor = answer[j] + 1; answer[1] = 0; answer[2] = 0; wake(0) }

#if V == 4
#define VIEWS(i) IN_VIEW(i, 1) IN_VIEW(i, 2) IN_VIEW(i, 3) IN_VIEW(i, 4)
#else
#define VIEWS(i) IN_VIEW(i, 1) IN_VIEW(i, 2) IN_VIEW(i, 3) IN_VIEW(i, 4) IN_VIEW(i, 5)
#endif

init {
  d_step { node[0].view = 1; node[1].view = 1; node[2].view = 1 }
  if :: closing = 1 :: closing = 2 :: closing = 3 fi;
end:
  do
  VIEWS(0) VIEWS(1) VIEWS(2)
  :: d_step { /* 0 votes in view 1 of epoch 1 */
       node[0].epoch == 1 && !silent && (before < 9 || lost) -> speak(0, 1, 1) }
  :: d_step { /* 0 loses its record, and knows of no epoch but the first until somebody proves the next */
       !lost ->
       lost = 1; silent = 1; floor = 0;
       node[0].epoch = 0; node[0].view = 1; node[0].high = 0 }
  ANSWERS(1, 2) ANSWERS(2, 1)
  od
}
