// SPDX-License-Identifier: Apache-2.0
// SM3 over many lanes, written once; sm3-lanes.c includes it for each width, with LANES and NAME set.
// Source: GB/T 32905-2016 section 5.3, with one vector where the standard has one word.
#include <stddef.h>
#include <stdint.h>

#if LANES == 1
typedef uint32_t VECTOR;
#else
typedef uint32_t VECTOR __attribute__((vector_size(4 * LANES)));
#endif

#define ROTATE(x, n) (((x) << (n)) | ((x) >> (32 - (n))))
// The round constant T_j rotated by j, folded by the compiler since the rounds are unrolled.
#define CONSTANT(j) ((j) < 16 ? 0x79cc4519u : 0x7a879d8au)
#define ROTATED(j) (((j) % 32) == 0 ? CONSTANT(j) : ROTATE(CONSTANT(j), ((j) % 32)))

void NAME(uint32_t state_words[8 * LANES], const uint32_t *words, size_t blocks) {
    VECTOR state[8], w[68];
    __builtin_memcpy(state, state_words, sizeof(state));
    for (; blocks > 0; blocks--, words += 16 * LANES) {
        __builtin_memcpy(w, words, 16 * sizeof(VECTOR));
        _Pragma("clang loop unroll(full)") for (int i = 16; i < 68; i++) {
            VECTOR t = w[i - 16] ^ w[i - 9] ^ ROTATE(w[i - 3], 15);
            w[i] = (t ^ ROTATE(t, 15) ^ ROTATE(t, 23)) ^ ROTATE(w[i - 13], 7) ^ w[i - 6];
        }
        VECTOR a = state[0], b = state[1], c = state[2], d = state[3];
        VECTOR e = state[4], f = state[5], g = state[6], h = state[7];
        _Pragma("clang loop unroll(full)") for (int j = 0; j < 64; j++) {
            VECTOR a12 = ROTATE(a, 12), sum = a12 + e + ROTATED(j);
            VECTOR ss1 = ROTATE(sum, 7), ss2 = ss1 ^ a12;
            VECTOR ff = j < 16 ? (a ^ b ^ c) : ((a & b) | ((a | b) & c));
            VECTOR gg = j < 16 ? (e ^ f ^ g) : ((e & f) | (~e & g));
            VECTOR tt1 = ff + d + ss2 + (w[j] ^ w[j + 4]), tt2 = gg + h + ss1 + w[j];
            d = c;
            c = ROTATE(b, 9);
            b = a;
            a = tt1;
            h = g;
            g = ROTATE(f, 19);
            f = e;
            e = tt2 ^ ROTATE(tt2, 9) ^ ROTATE(tt2, 17);
        }
        VECTOR end[8] = {a, b, c, d, e, f, g, h};
        for (int k = 0; k < 8; k++) state[k] ^= end[k];
    }
    __builtin_memcpy(state_words, state, sizeof(state));
}

#undef ROTATED
#undef CONSTANT
#undef ROTATE
