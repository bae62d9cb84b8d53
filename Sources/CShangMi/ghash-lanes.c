// SPDX-License-Identifier: Apache-2.0
// GHASH (NIST SP 800-38D section 6.4) with carry-less multiplication, eight blocks for one reduction.
#include "CShangMi.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("pclmul,ssse3,sse4.1"))), apply_to = function)

// Bytes are in the order of the wire; numbers want them the other way round.
static inline __m128i load(const uint8_t *bytes) {
    const __m128i order = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)bytes), order);
}

struct product {
    __m128i low, middle, high;
};

static inline void add_product(struct product *sum, __m128i a, __m128i b) {
    sum->low = _mm_xor_si128(sum->low, _mm_clmulepi64_si128(a, b, 0x00));
    sum->high = _mm_xor_si128(sum->high, _mm_clmulepi64_si128(a, b, 0x11));
    sum->middle = _mm_xor_si128(sum->middle, _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x01),
                                                           _mm_clmulepi64_si128(a, b, 0x10)));
}

// GHASH numbers its bits from the left, so a product of 255 bits stands one place too far right; then it is reduced
// by x^128 + x^7 + x^2 + x + 1, mirrored.
static inline __m128i reduce(struct product p) {
    __m128i low = _mm_xor_si128(p.low, _mm_slli_si128(p.middle, 8));
    __m128i high = _mm_xor_si128(p.high, _mm_srli_si128(p.middle, 8));
    __m128i low_carry = _mm_srli_epi32(low, 31), high_carry = _mm_srli_epi32(high, 31);
    low = _mm_or_si128(_mm_slli_epi32(low, 1), _mm_slli_si128(low_carry, 4));
    high = _mm_or_si128(_mm_slli_epi32(high, 1), _mm_slli_si128(high_carry, 4));
    high = _mm_or_si128(high, _mm_srli_si128(low_carry, 12));
    __m128i up = _mm_xor_si128(_mm_slli_epi32(low, 31), _mm_xor_si128(_mm_slli_epi32(low, 30), _mm_slli_epi32(low, 25)));
    low = _mm_xor_si128(low, _mm_slli_si128(up, 12));
    __m128i down = _mm_xor_si128(_mm_srli_epi32(low, 1), _mm_xor_si128(_mm_srli_epi32(low, 2), _mm_srli_epi32(low, 7)));
    down = _mm_xor_si128(down, _mm_srli_si128(up, 4));
    return _mm_xor_si128(high, _mm_xor_si128(low, down));
}

void shangmi_ghash(const uint8_t powers[128], uint8_t state[16], const uint8_t *blocks, size_t count) {
    __m128i y = load(state), h[8];
    for (int i = 0; i < 8; i++) h[i] = load(powers + 16 * i);
    while (count > 0) {
        size_t taken = count < 8 ? count : 8;
        struct product sum = {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
        // The first block meets the highest power among those needed.
        add_product(&sum, _mm_xor_si128(y, load(blocks)), h[taken - 1]);
        for (size_t i = 1; i < taken; i++) add_product(&sum, load(blocks + 16 * i), h[taken - 1 - i]);
        y = reduce(sum);
        blocks += 16 * taken;
        count -= taken;
    }
    const __m128i order = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    _mm_storeu_si128((__m128i *)state, _mm_shuffle_epi8(y, order));
}
#pragma clang attribute pop

#endif
