// SPDX-License-Identifier: Apache-2.0
// Sums sG + tQ for eight signatures at once, each in its own lane, with AVX-512 IFMA.
//
// Exceptional additions. The addition formulas are wrong where the two points are equal or opposite (H = 0),
// and no lane branches for them. It need not: such an addition gives Z = 0 mod p, whatever the rest. From
// there on Z stays 0 mod p: a doubling makes Z' = 2YZ and an addition Z' = Z·H or Z·Z₂·H, products of the old
// Z, though X and Y be garbage. And no lane that met no such addition ends with Z = 0, since its sum is then
// a true point of a curve of prime order, not at infinity: infinity is only reached by adding opposite
// points, which is such an addition. So Z = 0 mod p at the end says exactly "exceptional", and Swift redoes
// that lane on the portable path. A lane whose digits were all zero never starts, and ends with the Z = 0 it
// was born with: the same answer.
#include "CShangMi.h"

#if defined(__x86_64__)

#define INSTRUCTIONS __attribute__((target("avx512f,avx512vl,avx512dq,avx512ifma")))
#pragma clang attribute push(INSTRUCTIONS, apply_to = function)
#include "field52.h"

typedef struct { element x, y; } affine;
typedef struct { element x, y, z; } point;
// A point with the powers of Z that additions need.
typedef struct { element x, y, z, zz, zzz; } multiple;

enum { LANES = 8, WORDS_PER_ROW = 8 };

// 2^260 mod p, the number 1 of Montgomery's form: 2^260 = 16·2^256 = 16·(2^224 + 2^96 - 2^64 + 1) mod p.
INLINE element one(void) {
    return from_words(SPLAT(16), SPLAT(0xffffffff0), SPLAT(0), SPLAT(0x1000000000));
}

// Doubles: "dbl-2001-b" for a = -3, with 2YZ by a product. Infinity, Z = 0, stays so.
INLINE void double_point(point *p) {
    element delta = square(&p->z), gamma = square(&p->y), beta = multiply(&p->x, &gamma);
    element minus = LINEAR(ADD(SUB(LIMB(p->x), LIMB(delta)), TIMES_P(2)));
    element plus = LINEAR(ADD(LIMB(p->x), LIMB(delta)));
    element alpha = multiply(&minus, &plus);
    alpha = LINEAR(ADD(ADD(LIMB(alpha), LIMB(alpha)), LIMB(alpha)));
    element yz = multiply(&p->y, &p->z), alpha2 = square(&alpha), gamma2 = square(&gamma);
    // beta and gamma2 are products, below 1.08·2^256, so eight of them are below 9p, less than the 12p added.
    element x = LINEAR(ADD(SUB(LIMB(alpha2), SHL(LIMB(beta), 3)), TIMES_P(12)));
    element rest = LINEAR(ADD(SUB(SHL(LIMB(beta), 2), LIMB(x)), TIMES_P(2)));
    element slope = multiply(&alpha, &rest);
    p->y = LINEAR(ADD(SUB(LIMB(slope), SHL(LIMB(gamma2), 3)), TIMES_P(12)));
    p->x = x;
    p->z = LINEAR(ADD(LIMB(yz), LIMB(yz)));
}

// The tail all additions share: from U₁ = u, S₁ = s, H = h, the slope, and Z₁·Z₂ = zs.
INLINE point finish_addition(const element *u, const element *s, const element *h, const element *slope,
                             const element *zs) {
    point r;
    element hh = square(h), hhh = multiply(&hh, h), v = multiply(u, &hh), slope2 = square(slope);
    // hhh + 2v is below 3.3·2^256 < 6p.
    r.x = LINEAR(ADD(SUB(SUB(LIMB(slope2), LIMB(hhh)), ADD(LIMB(v), LIMB(v))), TIMES_P(6)));
    element rest = LINEAR(ADD(SUB(LIMB(v), LIMB(r.x)), TIMES_P(2)));
    element left = multiply(&rest, slope), right = multiply(&hhh, s);
    r.y = LINEAR(ADD(SUB(LIMB(left), LIMB(right)), TIMES_P(2)));
    r.z = multiply(zs, h);
    return r;
}

// Puts `sum` in the lanes that add, the summand itself in the lanes that add for the first time, nothing
// elsewhere. `fresh` marks the lanes still at infinity: the formulas do not cover it, and a lane never comes
// back to it.
INLINE void settle(point *p, const point *sum, const element *x, const element *y, const element *z,
                   __mmask8 adding, __mmask8 *fresh) {
    __mmask8 first = adding & *fresh, later = adding & ~*fresh;
    p->x = blend(later, &p->x, &sum->x);
    p->y = blend(later, &p->y, &sum->y);
    p->z = blend(later, &p->z, &sum->z);
    p->x = blend(first, &p->x, x);
    p->y = blend(first, &p->y, y);
    p->z = blend(first, &p->z, z);
    *fresh &= ~adding;
}

// Adds an affine point in the lanes of `adding`.
INLINE void add_affine(point *p, const affine *q, __mmask8 adding, __mmask8 *fresh) {
    element zz = square(&p->z), u2 = multiply(&q->x, &zz);
    element zzz = multiply(&zz, &p->z), s2 = multiply(&zzz, &q->y);
    element h = LINEAR(ADD(SUB(LIMB(u2), LIMB(p->x)), TIMES_P(2)));
    element slope = LINEAR(ADD(SUB(LIMB(s2), LIMB(p->y)), TIMES_P(2)));
    point sum = finish_addition(&p->x, &p->y, &h, &slope, &p->z);
    element z = one();
    settle(p, &sum, &q->x, &q->y, &z, adding, fresh);
}

// Adds a multiple of the key in the lanes of `adding`.
INLINE void add_multiple(point *p, const multiple *q, __mmask8 adding, __mmask8 *fresh) {
    element zz = square(&p->z), zzz = multiply(&zz, &p->z);
    element u1 = multiply(&p->x, &q->zz), s1 = multiply(&p->y, &q->zzz);
    element u2 = multiply(&q->x, &zz), s2 = multiply(&zzz, &q->y), zs = multiply(&p->z, &q->z);
    element h = LINEAR(ADD(SUB(LIMB(u2), LIMB(u1)), TIMES_P(2)));
    element slope = LINEAR(ADD(SUB(LIMB(s2), LIMB(s1)), TIMES_P(2)));
    point sum = finish_addition(&u1, &s1, &h, &slope, &zs);
    settle(p, &sum, &q->x, &q->y, &q->z, adding, fresh);
}

// Turns eight rows of eight words into eight vectors, one a word.
INLINE void transpose(lanes r[8]) {
    lanes t[8], u[8];
    UNROLL for (int i = 0; i < 8; i += 2) {
        t[i] = _mm512_unpacklo_epi64(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi64(r[i], r[i + 1]);
    }
    UNROLL for (int k = 0; k < 2; k++) {
        u[k] = _mm512_shuffle_i64x2(t[k], t[2 + k], 0x88);
        u[2 + k] = _mm512_shuffle_i64x2(t[k], t[2 + k], 0xdd);
        u[4 + k] = _mm512_shuffle_i64x2(t[4 + k], t[6 + k], 0x88);
        u[6 + k] = _mm512_shuffle_i64x2(t[4 + k], t[6 + k], 0xdd);
    }
    UNROLL for (int k = 0; k < 2; k++) {
        r[k] = _mm512_shuffle_i64x2(u[k], u[4 + k], 0x88);
        r[4 + k] = _mm512_shuffle_i64x2(u[k], u[4 + k], 0xdd);
        r[2 + k] = _mm512_shuffle_i64x2(u[2 + k], u[6 + k], 0x88);
        r[6 + k] = _mm512_shuffle_i64x2(u[2 + k], u[6 + k], 0xdd);
    }
}

// Eight affine points from eight rows of words.
INLINE affine from_rows(const uint64_t *const rows[LANES]) {
    lanes r[8];
    affine q;
    UNROLL for (int j = 0; j < LANES; j++) r[j] = _mm512_loadu_si512(rows[j]);
    transpose(r);
    q.x = from_words(r[0], r[1], r[2], r[3]);
    q.y = from_words(r[4], r[5], r[6], r[7]);
    return q;
}

// A row of digits, one a lane: which lanes add at all, which subtract, and each digit's place, |digit| - 1 (0
// for 0).
typedef struct { __mmask8 adding, negative; lanes place; } digits;

INLINE digits read_digits(const int16_t row[LANES]) {
    lanes d = _mm512_cvtepi16_epi64(_mm_loadu_si128((const __m128i *)row)), zero = _mm512_setzero_si512();
    digits r;
    r.adding = _mm512_cmpneq_epi64_mask(d, zero);
    r.negative = _mm512_cmplt_epi64_mask(d, zero);
    r.place = _mm512_maskz_sub_epi64(r.adding, _mm512_abs_epi64(d), SPLAT(1));
    return r;
}

// The affine multiples that a row of digits asks for, one table a lane.
INLINE affine fetch(const uint64_t *const tables[LANES], const digits *d) {
    const uint64_t *rows[LANES];
    long long place[LANES] __attribute__((aligned(64)));
    _mm512_store_si512(place, d->place);
    UNROLL for (int j = 0; j < LANES; j++) rows[j] = tables[j] + place[j] * WORDS_PER_ROW;
    affine q = from_rows(rows);
    q.y = negate_where(d->negative, &q.y);
    return q;
}

INLINE void write_result(const point *p, uint64_t result[10 * LANES]) {
    UNROLL for (int i = 0; i < 5; i++) {
        _mm512_storeu_si512(result + LANES * i, p->x.limb[i]);
        _mm512_storeu_si512(result + LANES * (5 + i), p->z.limb[i]);
    }
}

INLINE point infinity(void) {
    point p;
    UNROLL for (int i = 0; i < 5; i++) p.x.limb[i] = p.y.limb[i] = p.z.limb[i] = _mm512_setzero_si512();
    return p;
}

// Asks for the rows of one block that a row of digits names: a crowd's tables are out of every cache.
INLINE void prefetch_rows(const uint64_t *const keys[LANES], size_t block_words, const int16_t row[LANES]) {
    for (int j = 0; j < LANES; j++) {
        int digit = row[j], place = digit == 0 ? 0 : (digit < 0 ? -digit : digit) - 1;
        __builtin_prefetch(keys[j] + block_words + place * WORDS_PER_ROW);
    }
}

void shangmi_sm2_combs(const uint64_t *generator, const uint64_t *const keys[LANES],
                       const int16_t *generator_digits, const int16_t *key_digits,
                       uint64_t result[10 * LANES]) {
    enum { BLOCKS = 32, BLOCK_WORDS = 128 * WORDS_PER_ROW };
    point sum = infinity();
    __mmask8 fresh = 0xff;
    for (int i = 0; i < BLOCKS; i++) {
        const uint64_t *tables[LANES];
        // The keys' rows lie far apart and out of the nearest cache: ask for them one addition ahead.
        prefetch_rows(keys, i * BLOCK_WORDS, key_digits + LANES * i);
        for (int j = 0; j < LANES; j++) tables[j] = generator + i * BLOCK_WORDS;
        digits d = read_digits(generator_digits + LANES * i);
        affine q = fetch(tables, &d);
        add_affine(&sum, &q, d.adding, &fresh);
        for (int j = 0; j < LANES; j++) tables[j] = keys[j] + i * BLOCK_WORDS;
        d = read_digits(key_digits + LANES * i);
        q = fetch(tables, &d);
        add_affine(&sum, &q, d.adding, &fresh);
    }
    write_result(&sum, result);
}

// Short combs: eight blocks of eight rows, a block every 32 bits; a block's digits are four doublings apart.
enum { SHORT_BLOCKS = 8, SHORT_ROWS = 8, SHORT_WIDTH = 4, SHORT_DIGITS = 8 };

void shangmi_sm2_short_combs(const uint64_t *generator, const uint64_t *const keys[LANES],
                             const int16_t *generator_digits, const int16_t *key_digits,
                             uint64_t result[10 * LANES]) {
    enum { BLOCK_WORDS = SHORT_ROWS * WORDS_PER_ROW, BLOCKS = 32, GENERATOR_WORDS = 128 * WORDS_PER_ROW };
    const uint64_t *tables[LANES];
    point sum = infinity();
    __mmask8 fresh = 0xff;
    for (int i = SHORT_DIGITS - 1; i >= 0; i--) {
        prefetch_rows(keys, 0, key_digits + LANES * i);
        if (fresh != 0xff) {
            for (int k = 0; k < SHORT_WIDTH; k++) double_point(&sum);
        }
        for (int block = 0; block < SHORT_BLOCKS; block++) {
            const int16_t *row = key_digits + LANES * (SHORT_DIGITS * block + i);
            for (int j = 0; j < LANES; j++) tables[j] = keys[j] + block * BLOCK_WORDS;
            digits d = read_digits(row);
            affine q = fetch(tables, &d);
            // The rows of the next block come while this one is added.
            if (block + 1 < SHORT_BLOCKS) {
                prefetch_rows(keys, (block + 1) * BLOCK_WORDS, row + LANES * SHORT_DIGITS);
            }
            add_affine(&sum, &q, d.adding, &fresh);
        }
    }
    for (int i = 0; i < BLOCKS; i++) {
        for (int j = 0; j < LANES; j++) tables[j] = generator + i * GENERATOR_WORDS;
        digits d = read_digits(generator_digits + LANES * i);
        affine q = fetch(tables, &d);
        add_affine(&sum, &q, d.adding, &fresh);
    }
    write_result(&sum, result);
}

// 1/a in every lane, by Fermat: a to the power p - 2, four bits at a time. Zero gives zero.
INLINE element invert(const element *a) {
    static const uint64_t EXPONENT[4] = {0xfffffffffffffffd, 0xffffffff00000000, 0xffffffffffffffff,
                                         0xfffffffeffffffff};
    element powers[16];
    powers[0] = one();
    for (int i = 1; i < 16; i++) powers[i] = multiply(&powers[i - 1], a);
    element r = powers[0];
    for (int i = 63; i >= 0; i--) {
        for (int k = 0; k < 4; k++) r = square(&r);
        int digit = (int)(EXPONENT[i / 16] >> (4 * (i % 16)) & 15);
        if (digit != 0) r = multiply(&r, &powers[digit]);
    }
    return r;
}

INLINE multiple with_powers(const point *p) {
    element zz = square(&p->z);
    return (multiple){p->x, p->y, p->z, zz, multiply(&zz, &p->z)};
}

// No addition here is exceptional: jB = ±kB with 0 < j < k <= 8 would make k ± j a multiple of n.
void shangmi_sm2_make_short_combs(const uint64_t *keys, uint64_t *result) {
    enum { ROWS = SHORT_BLOCKS * SHORT_ROWS };
    const uint64_t *rows[LANES];
    for (int j = 0; j < LANES; j++) rows[j] = keys + j * WORDS_PER_ROW;
    affine key = from_rows(rows);
    point points[ROWS], base = {key.x, key.y, one()};
    __mmask8 fresh = 0;
    for (int block = 0; block < SHORT_BLOCKS; block++) {
        // points[k - 1 of this block] is kB: an even one is twice its half, an odd one is B more than the one before.
        point *of = points + block * SHORT_ROWS;
        multiple b = with_powers(&base);
        of[0] = base;
        for (int k = 2; k <= SHORT_ROWS; k++) {
            point p = of[k % 2 == 0 ? k / 2 - 1 : k - 2];
            if (k % 2 == 0) double_point(&p);
            else add_multiple(&p, &b, 0xff, &fresh);
            of[k - 1] = p;
        }
        if (block + 1 == SHORT_BLOCKS) break;
        base = of[SHORT_ROWS - 1];  // 8B: three of the thirty-two doublings are done.
        for (int k = 3; k < SHORT_WIDTH * SHORT_DIGITS; k++) double_point(&base);
    }
    // One inversion for all: prefixes[i] is the product of all Z before i.
    element prefixes[ROWS], product = one();
    for (int i = 0; i < ROWS; i++) {
        prefixes[i] = product;
        product = multiply(&product, &points[i].z);
    }
    element inverse = invert(&product);
    for (int i = ROWS - 1; i >= 0; i--) {
        element z = multiply(&inverse, &prefixes[i]), zz = square(&z), zzz = multiply(&zz, &z);
        inverse = multiply(&inverse, &points[i].z);
        element x = multiply(&points[i].x, &zz), y = multiply(&points[i].y, &zzz);
        uint64_t *row = result + 10 * LANES * i;
        UNROLL for (int l = 0; l < 5; l++) {
            _mm512_storeu_si512(row + LANES * l, x.limb[l]);
            _mm512_storeu_si512(row + LANES * (5 + l), y.limb[l]);
        }
    }
}

// Q, 2Q … 16Q in every lane. Never exceptional: jQ = ±Q for 1 < j < 16 would need n to divide j ± 1.
static void key_multiples(const affine *key, multiple table[16]) {
    point p = {key->x, key->y, one()};
    __mmask8 fresh = 0;
    for (int i = 0; i < 16; i++) {
        if (i == 1) double_point(&p);
        if (i > 1) add_affine(&p, key, 0xff, &fresh);
        element zz = square(&p.z);
        table[i] = (multiple){p.x, p.y, p.z, zz, multiply(&zz, &p.z)};
    }
}

// The multiples that a row of digits asks for: each lane gathers from its own place in the table.
INLINE multiple gather(const multiple table[16], const digits *d) {
    enum { STRIDE = sizeof(multiple) / sizeof(uint64_t) };
    lanes lane = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
    lanes index = ADD(_mm512_mullo_epi64(d->place, SPLAT(STRIDE)), lane);
    multiple q;
    element *elements[5] = {&q.x, &q.y, &q.z, &q.zz, &q.zzz};
    UNROLL for (int e = 0; e < 5; e++) {
        UNROLL for (int i = 0; i < 5; i++) {
            elements[e]->limb[i] =
                _mm512_i64gather_epi64(index, (const long long *)table + LANES * (5 * e + i), 8);
        }
    }
    q.y = negate_where(d->negative, &q.y);
    return q;
}

void shangmi_sm2_windows(const uint64_t *generator, const uint64_t *keys, const int16_t *generator_digits,
                         const int16_t *key_digits, uint64_t result[10 * LANES]) {
    enum { KEY_DIGITS = 52, KEY_WIDTH = 5 };
    const uint64_t *rows[LANES];
    for (int j = 0; j < LANES; j++) rows[j] = keys + j * WORDS_PER_ROW;
    affine key = from_rows(rows);
    multiple table[16];
    key_multiples(&key, table);
    for (int j = 0; j < LANES; j++) rows[j] = generator;
    point sum = infinity();
    __mmask8 fresh = 0xff;
    for (int i = KEY_DIGITS - 1; i >= 0; i--) {
        if (fresh != 0xff) {
            for (int k = 0; k < KEY_WIDTH; k++) double_point(&sum);
        }
        digits d = read_digits(key_digits + LANES * i);
        multiple q = gather(table, &d);
        add_multiple(&sum, &q, d.adding, &fresh);
        // A digit of the generator's scalar is ten bits, so it has the weight of every second digit of the
        // key's.
        if (i % 2 == 0) {
            digits g = read_digits(generator_digits + LANES * (i / 2));
            affine a = fetch(rows, &g);
            add_affine(&sum, &a, g.adding, &fresh);
        }
    }
    write_result(&sum, result);
}

#pragma clang attribute pop
#endif
