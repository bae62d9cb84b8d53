// SPDX-License-Identifier: Apache-2.0
// The field of the SM2 curve in eight lanes at once, with AVX-512 IFMA. Included by sm2-lanes.c alone.
//
// An element is five limbs of 52 bits, one vector a limb, eight unrelated elements side by side. Products are
// Montgomery's with radix 2^260: product(a, b) = a·b/2^260 mod p, where
//
//     p = 2^256 - 2^224 - 2^96 + 2^64 - 1,  so  p = -1 mod 2^52  and Montgomery's factor is 1.
//
// Values are not kept below p. Bounds, which every function states and every caller must keep:
//
//   normal   limbs 0-3 below 2^52, limb 4 below 2^52 too, value not negative. VPMADD52 reads the low 52 bits
//   of each
//            operand and no more, so only normal elements may be multiplied. All elements below are normal.
//   F        what `fold` gives:     value < 2^256 + 2^231.
//   M        what a product gives:  value < p + A·B/2^260 for factors below A and B.
//            Factors are only ever of kinds F and M. With both below 1.1·2^256 (M is, by induction, since
//            1.21·2^252 < 0.08·2^256) the product is below 1.08·2^256.
//   Both are below 1.1·2^256 < 1.11p, so below 2p: the figure used where p is added before a subtraction.
#include <immintrin.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

typedef __m512i lanes;
typedef struct { lanes limb[5]; } element;

static const uint64_t P[5] = {0xfffffffffffff,
                              0xff00000000fff, 0xfffffffffffff, 0xfffffffffffff, 0xfffffffeffff};

#define SPLAT(x) _mm512_set1_epi64((long long)(x))
#define ADD(a, b) _mm512_add_epi64(a, b)
#define SUB(a, b) _mm512_sub_epi64(a, b)
#define AND(a, b) _mm512_and_si512(a, b)
#define OR(a, b) _mm512_or_si512(a, b)
#define SHL(a, n) _mm512_slli_epi64(a, n)
#define SHR(a, n) _mm512_srli_epi64(a, n)
// Arithmetic shift: floors, so that negative limbs lend correctly.
#define SAR(a, n) _mm512_srai_epi64(a, n)
// sum + the low, or high, 52 bits of a·b.
#define MAD_LOW(sum, a, b) _mm512_madd52lo_epu64(sum, a, b)
#define MAD_HIGH(sum, a, b) _mm512_madd52hi_epu64(sum, a, b)
#define MASK52 SPLAT((1ull << 52) - 1)

// Carries from limb to limb. In: a total that is not negative and below 2^260, limbs signed, below 2^62 in
// size. Out: normal.
INLINE element carry(lanes t0, lanes t1, lanes t2, lanes t3, lanes t4) {
    element r;
    t1 = ADD(t1, SAR(t0, 52));
    t2 = ADD(t2, SAR(t1, 52));
    t3 = ADD(t3, SAR(t2, 52));
    t4 = ADD(t4, SAR(t3, 52));
    r.limb[0] = AND(t0, MASK52);
    r.limb[1] = AND(t1, MASK52);
    r.limb[2] = AND(t2, MASK52);
    r.limb[3] = AND(t3, MASK52);
    r.limb[4] = t4;
    return r;
}

// Folds what lies above 2^256: q·2^256 = q·c mod p with c = 2^224 + 2^96 - 2^64 + 1, q = floor(t4 / 2^48).
//
// In: a total W = L + t4·2^208 that is not negative, L the lower limbs, each limb below 2^57 in size; so |L|
// < 2^214 and t4 is at least -64. Out: normal, kind F. Not negative: where q > 0, q·c > 2^223 outweighs L;
// where q = 0 it is W itself; where q = -1, t4 is in -64…-1 and what is left of it, t4 + 2^48, leaves nearly
// 2^256. Above: at most (2^48 - 1)·2^208 + |L| + q·c with q < 64 (no sum here is above 64p), so below 2^256 +
// 2^231.
INLINE element fold(lanes t0, lanes t1, lanes t2, lanes t3, lanes t4) {
    lanes q = SAR(t4, 48);
    t4 = ADD(AND(t4, SPLAT((1ull << 48) - 1)), SHL(q, 16));  // 2^224 = 2^16 in limb 4.
    t1 = ADD(t1, SUB(SHL(q, 44), SHL(q, 12)));               // 2^96 - 2^64 = 2^44 - 2^12 in limb 1.
    t0 = ADD(t0, q);
    return carry(t0, t1, t2, t3, t4);
}

// Evaluates one expression in `i`, the limb's index, for all five limbs, and folds. The expression must keep
// to fold's bounds: it adds as many p (`TIMES_P`) as what it subtracts can amount to, each element counting
// below 2p.
#define LINEAR(expression)                                                                     \
    ({                                                                                         \
        lanes t_[5];                                                                           \
        UNROLL for (int i = 0; i < 5; i++) t_[i] = (expression);                               \
        fold(t_[0], t_[1], t_[2], t_[3], t_[4]);                                               \
    })
#define TIMES_P(k) SPLAT(P[i] * (k))
#define LIMB(e) ((e).limb[i])

// Step i of Montgomery's reduction: adds m·p·2^(52i), m the low 52 bits of t[i], after which t[i] is a
// multiple of 2^52 and is carried away.
//
// m·p = m·(p + 1) - m. The -m clears the low bits of t[i], and the shift carries the rest: t[i] may be
// negative, the shift floors. In limbs p + 1 is (0, L1, 2^52 - 1, 2^52 - 1, L4): the two full limbs in the
// middle are 2^208 - 2^104, so m joins limb 4 and leaves limb 2, and only L1 and L4 cost multiplications.
// Limbs of t collect at most ten 52-bit halves from the product and six terms here: below 2^57 in size.
#define REDUCE(i)                                                                              \
    {                                                                                          \
        lanes m = AND(t[i], MASK52);                                                           \
        t[i + 1] = MAD_LOW(ADD(t[i + 1], SAR(t[i], 52)), m, L1);                               \
        t[i + 2] = SUB(MAD_HIGH(t[i + 2], m, L1), m);                                          \
        t[i + 4] = MAD_LOW(ADD(t[i + 4], m), m, L4);                                           \
        t[i + 5] = MAD_HIGH(t[i + 5], m, L4);                                                  \
    }

INLINE element reduce(lanes t[10]) {
    const lanes L1 = SPLAT(0xff00000001000), L4 = SPLAT(0xfffffffeffff);
    REDUCE(0) REDUCE(1) REDUCE(2) REDUCE(3) REDUCE(4)
    // The total is (a·b + m·p)/2^260, not negative and below 2^260: carry's bounds.
    return carry(t[5], t[6], t[7], t[8], t[9]);
}

// In: normal, kinds F or M. Out: normal, kind M.
INLINE element multiply(const element *a, const element *b) {
    lanes t[10];
    UNROLL for (int i = 0; i < 10; i++) t[i] = _mm512_setzero_si512();
    UNROLL for (int i = 0; i < 5; i++) {
        UNROLL for (int j = 0; j < 5; j++) {
            t[i + j] = MAD_LOW(t[i + j], a->limb[i], b->limb[j]);
            t[i + j + 1] = MAD_HIGH(t[i + j + 1], a->limb[i], b->limb[j]);
        }
    }
    return reduce(t);
}

// multiply(a, a), with the ten mixed products computed once and doubled.
INLINE element square(const element *a) {
    lanes t[10];
    UNROLL for (int i = 0; i < 10; i++) t[i] = _mm512_setzero_si512();
    UNROLL for (int i = 0; i < 5; i++) {
        UNROLL for (int j = i + 1; j < 5; j++) {
            t[i + j] = MAD_LOW(t[i + j], a->limb[i], a->limb[j]);
            t[i + j + 1] = MAD_HIGH(t[i + j + 1], a->limb[i], a->limb[j]);
        }
    }
    UNROLL for (int i = 1; i < 10; i++) t[i] = ADD(t[i], t[i]);
    UNROLL for (int i = 0; i < 5; i++) {
        t[2 * i] = MAD_LOW(t[2 * i], a->limb[i], a->limb[i]);
        t[2 * i + 1] = MAD_HIGH(t[2 * i + 1], a->limb[i], a->limb[i]);
    }
    return reduce(t);
}

// a, with the lanes in `mask` taken from b.
INLINE element blend(__mmask8 mask, const element *a, const element *b) {
    element r;
    UNROLL for (int i = 0; i < 5; i++) r.limb[i] = _mm512_mask_blend_epi64(mask, a->limb[i], b->limb[i]);
    return r;
}

// 2p - a in the lanes of `mask`, a in the others. In: below 2p. Out: normal, and below 2^256 + 2^231.
INLINE element negate_where(__mmask8 mask, const element *a) {
    element n = LINEAR(SUB(TIMES_P(2), LIMB(*a)));
    return blend(mask, a, &n);
}

// Eight 256-bit numbers given as four vectors of 64-bit words, cut into limbs. Out: normal, below 2^256.
INLINE element from_words(lanes w0, lanes w1, lanes w2, lanes w3) {
    element r;
    r.limb[0] = AND(w0, MASK52);
    r.limb[1] = AND(OR(SHR(w0, 52), SHL(w1, 12)), MASK52);
    r.limb[2] = AND(OR(SHR(w1, 40), SHL(w2, 24)), MASK52);
    r.limb[3] = AND(OR(SHR(w2, 28), SHL(w3, 36)), MASK52);
    r.limb[4] = SHR(w3, 16);
    return r;
}
