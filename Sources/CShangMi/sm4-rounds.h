// SPDX-License-Identifier: Apache-2.0
// SM4 (GB/T 32907-2016) on GROUPS times LANES blocks at once. Included once a width, with VECTOR, LANES, GROUPS,
// NAME and the shuffles of that width defined, and SUBSTITUTE: the S-box on every byte of a vector.
//
// No table is indexed by a secret and no branch depends on one.

// Word j of every block into row j, and back: a 4 by 4 transposition within each 128 bits, its own inverse.
#define TRANSPOSE(x)                                                                                     \
    do {                                                                                                 \
        VECTOR low01 = LOW32((x)[0], (x)[1]), high01 = HIGH32((x)[0], (x)[1]);                            \
        VECTOR low23 = LOW32((x)[2], (x)[3]), high23 = HIGH32((x)[2], (x)[3]);                            \
        (x)[0] = LOW64(low01, low23), (x)[1] = HIGH64(low01, low23);                                     \
        (x)[2] = LOW64(high01, high23), (x)[3] = HIGH64(high01, high23);                                 \
    } while (0)

// Reads and writes exactly GROUPS·LANES blocks; `in` and `out` may be the same.
static inline __attribute__((always_inline)) void NAME(const uint32_t keys[32], const uint8_t *in, uint8_t *out) {
    VECTOR x[GROUPS][4];
    for (int g = 0; g < GROUPS; g++) {
        for (int j = 0; j < 4; j++) {
            __builtin_memcpy(&x[g][j], in + (g * 4 + j) * sizeof(VECTOR), sizeof(VECTOR));
            x[g][j] = SWAP_BYTES(x[g][j]);
        }
        TRANSPOSE(x[g]);
    }
    for (int round = 0; round < 32; round += 4) {
        for (int g = 0; g < GROUPS; g++) MIX(x[g][0], x[g][1], x[g][2], x[g][3], keys[round]);
        for (int g = 0; g < GROUPS; g++) MIX(x[g][1], x[g][2], x[g][3], x[g][0], keys[round + 1]);
        for (int g = 0; g < GROUPS; g++) MIX(x[g][2], x[g][3], x[g][0], x[g][1], keys[round + 2]);
        for (int g = 0; g < GROUPS; g++) MIX(x[g][3], x[g][0], x[g][1], x[g][2], keys[round + 3]);
    }
    for (int g = 0; g < GROUPS; g++) {
        // The last four words come out in reverse order.
        VECTOR y[4] = {x[g][3], x[g][2], x[g][1], x[g][0]};
        TRANSPOSE(y);
        for (int j = 0; j < 4; j++) {
            y[j] = SWAP_BYTES(y[j]);
            __builtin_memcpy(out + (g * 4 + j) * sizeof(VECTOR), &y[j], sizeof(VECTOR));
        }
    }
}

#undef TRANSPOSE
