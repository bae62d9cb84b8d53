// SPDX-License-Identifier: Apache-2.0
// Two ways to compute SM4: 32 blocks at once with AVX-512 and GFNI, and 8 with the AES instructions.
//
// SM4's S-box is an inversion between two affine maps, in another representation of the field that AES uses. An
// isomorphism folded into the affine maps lets the processor's own inversion do the work. The four constants below
// are computed by Tests/Vectors/sm4-constants.py and tried on all 256 bytes there.
#include "CShangMi.h"

#if defined(__x86_64__)
#include <immintrin.h>

// With plain inversion: first matrix and constant, then second matrix; its constant is that of the standard.
#define INTO_FIELD 0x4c287db91a22505dLL
#define INTO_FIELD_CONSTANT 0x3e
#define OUT_OF_FIELD 0xf3ab34a974a6b589LL
#define OUT_OF_FIELD_CONSTANT 0xd3

#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))

// One round: T is the S-box and a sum of rotations.
#define MIX(a, b, c, d, key)                                                                             \
    do {                                                                                                 \
        VECTOR s = SUBSTITUTE((b) ^ (c) ^ (d) ^ (key));                                                  \
        VECTOR two = ROTATE(s, 2);                                                                       \
        (a) ^= s ^ two ^ ROTATE(two, 8) ^ ROTATE(s, 18) ^ ROTATE(s, 24);                                 \
    } while (0)

#define LOW32_4(a, b) ((vector4)_mm_unpacklo_epi32((__m128i)(a), (__m128i)(b)))
#define HIGH32_4(a, b) ((vector4)_mm_unpackhi_epi32((__m128i)(a), (__m128i)(b)))
#define LOW64_4(a, b) ((vector4)_mm_unpacklo_epi64((__m128i)(a), (__m128i)(b)))
#define HIGH64_4(a, b) ((vector4)_mm_unpackhi_epi64((__m128i)(a), (__m128i)(b)))

typedef uint32_t vector4 __attribute__((vector_size(16)));

#pragma clang attribute push(__attribute__((target("ssse3"))), apply_to = function)
static inline vector4 swap4(vector4 x) {
    const __m128i order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    return (vector4)_mm_shuffle_epi8((__m128i)x, order);
}
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,gfni"))), apply_to = function)
typedef uint32_t vector16 __attribute__((vector_size(64)));

static inline vector16 substitute16(vector16 x) {
    __m512i y = _mm512_gf2p8affine_epi64_epi8((__m512i)x, _mm512_set1_epi64(INTO_FIELD), INTO_FIELD_CONSTANT);
    return (vector16)_mm512_gf2p8affineinv_epi64_epi8(y, _mm512_set1_epi64(OUT_OF_FIELD), OUT_OF_FIELD_CONSTANT);
}

static inline vector16 swap16(vector16 x) {
    const __m512i order = _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
    return (vector16)_mm512_shuffle_epi8((__m512i)x, order);
}

#define VECTOR vector16
#define SUBSTITUTE substitute16
#define SWAP_BYTES swap16
#define LOW32(a, b) ((vector16)_mm512_unpacklo_epi32((__m512i)(a), (__m512i)(b)))
#define HIGH32(a, b) ((vector16)_mm512_unpackhi_epi32((__m512i)(a), (__m512i)(b)))
#define LOW64(a, b) ((vector16)_mm512_unpacklo_epi64((__m512i)(a), (__m512i)(b)))
#define HIGH64(a, b) ((vector16)_mm512_unpackhi_epi64((__m512i)(a), (__m512i)(b)))
#define GROUPS 2
#define NAME blocks32
#include "sm4-rounds.h"
#undef GROUPS
#undef NAME
#define GROUPS 1
#define NAME blocks16
#include "sm4-rounds.h"
#undef GROUPS
#undef NAME

void shangmi_sm4_gfni(const uint32_t keys[32], const uint8_t *in, uint8_t *out, size_t blocks) {
    for (; blocks >= 32; blocks -= 32, in += 512, out += 512) blocks32(keys, in, out);
    for (; blocks >= 16; blocks -= 16, in += 256, out += 256) blocks16(keys, in, out);
    if (blocks == 0) return;
    uint8_t rest[256] = {0};
    __builtin_memcpy(rest, in, blocks * 16);
    blocks16(keys, rest, rest);
    __builtin_memcpy(out, rest, blocks * 16);
    shangmi_wipe(rest, sizeof(rest));
}
#undef VECTOR
#undef SUBSTITUTE
#undef SWAP_BYTES
#undef LOW32
#undef HIGH32
#undef LOW64
#undef HIGH64

static inline vector4 substitute_one(vector4 x) {
    __m128i y = _mm_gf2p8affine_epi64_epi8((__m128i)x, _mm_set1_epi64x(INTO_FIELD), INTO_FIELD_CONSTANT);
    return (vector4)_mm_gf2p8affineinv_epi64_epi8(y, _mm_set1_epi64x(OUT_OF_FIELD), OUT_OF_FIELD_CONSTANT);
}

#define VECTOR vector4
#define SUBSTITUTE substitute_one
#define NAME shangmi_sm4_chain_gfni
#include "sm4-chain.h"
#undef VECTOR
#undef SUBSTITUTE
#undef NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("aes,ssse3,sse4.1"))), apply_to = function)

// A map that is linear but for its value at 0, by halves of a byte: the constant is in the table of the low half.
static inline __m128i by_halves(__m128i x, __m128i low, __m128i high) {
    const __m128i mask = _mm_set1_epi8(0x0f);
    __m128i upper = _mm_and_si128(_mm_srli_epi16(x, 4), mask);
    return _mm_xor_si128(_mm_shuffle_epi8(low, _mm_and_si128(x, mask)), _mm_shuffle_epi8(high, upper));
}

static inline vector4 substitute4(vector4 x) {
    const __m128i into_low = _mm_setr_epi8(0x3e, (char)0xb2, 0x0e, (char)0x82, (char)0xbb, 0x37, (char)0x8b, 0x07,
                                           (char)0xa1, 0x2d, (char)0x91, 0x1d, 0x24, (char)0xa8, 0x14, (char)0x98);
    const __m128i into_high = _mm_setr_epi8(0x00, (char)0xdc, 0x2e, (char)0xf2, (char)0xc5, 0x19, (char)0xeb, 0x37,
                                            0x08, (char)0xd4, 0x26, (char)0xfa, (char)0xcd, 0x11, (char)0xe3, 0x3f);
    const __m128i out_low = _mm_setr_epi8(0x6c, (char)0xd4, (char)0xa6, 0x1e, 0x52, (char)0xea, (char)0x98, 0x20,
                                          0x0b, (char)0xb3, (char)0xc1, 0x79, 0x35, (char)0x8d, (char)0xff, 0x47);
    const __m128i out_high = _mm_setr_epi8(0x00, (char)0xe0, 0x50, (char)0xb0, (char)0x9d, 0x7d, (char)0xcd, 0x2d,
                                           (char)0xc0, 0x20, (char)0x90, 0x70, 0x5d, (char)0xbd, 0x0d, (char)0xed);
    // The last round of AES also moves bytes between columns: moved the other way first.
    const __m128i unshift = _mm_setr_epi8(0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15, 12, 9, 6, 3);
    __m128i y = _mm_shuffle_epi8(by_halves((__m128i)x, into_low, into_high), unshift);
    y = _mm_aesenclast_si128(y, _mm_setzero_si128());
    return (vector4)by_halves(y, out_low, out_high);
}

#define VECTOR vector4
#define SUBSTITUTE substitute4
#define SWAP_BYTES swap4
#define LOW32 LOW32_4
#define HIGH32 HIGH32_4
#define LOW64 LOW64_4
#define HIGH64 HIGH64_4
#define GROUPS 2
#define NAME blocks8
#include "sm4-rounds.h"
#undef GROUPS
#undef NAME
#define GROUPS 1
#define NAME blocks4
#include "sm4-rounds.h"

void shangmi_sm4_aesni(const uint32_t keys[32], const uint8_t *in, uint8_t *out, size_t blocks) {
    for (; blocks >= 8; blocks -= 8, in += 128, out += 128) blocks8(keys, in, out);
    for (; blocks >= 4; blocks -= 4, in += 64, out += 64) blocks4(keys, in, out);
    if (blocks == 0) return;
    uint8_t rest[64] = {0};
    __builtin_memcpy(rest, in, blocks * 16);
    blocks4(keys, rest, rest);
    __builtin_memcpy(out, rest, blocks * 16);
    shangmi_wipe(rest, sizeof(rest));
}

#undef NAME
#define NAME shangmi_sm4_chain_aesni
#include "sm4-chain.h"
#pragma clang attribute pop

#endif
