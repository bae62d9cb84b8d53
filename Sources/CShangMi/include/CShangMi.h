// SPDX-License-Identifier: Apache-2.0
// The lane kernels of ShangMi: nothing but arithmetic on many lanes at once. Ranges, schedules and verdicts
// are Swift's.
#ifndef CSHANGMI_H
#define CSHANGMI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Overwrites bytes in a way the optimiser may not leave out.
static inline void shangmi_wipe(void *bytes, size_t count) {
    __builtin_memset(bytes, 0, count);
    __asm__ volatile("" : : "r"(bytes) : "memory");
}

#if defined(__x86_64__)

// What this processor and its operating system can run.
bool shangmi_cpu_has_bmi2(void);
bool shangmi_cpu_has_avx2(void);
bool shangmi_cpu_has_avx512(void);
bool shangmi_cpu_has_avx512ifma(void);
bool shangmi_cpu_has_gfni(void);
bool shangmi_cpu_has_aesni(void);

// Whether the environment said JIUDING_SIMD=off when first asked. The only place that reads the environment.
bool shangmi_simd_is_off(void);

// SM2: eight sums s·G + t·Q at once, one a lane. Needs AVX-512 IFMA.
//
// Coordinates are below p and in Montgomery's form with radix 2^260; a row of a table is x then y, four words
// each, least significant first. Digits are signed, row by row from the least significant, eight lanes a row.
// The result is X then Z, five rows of eight lanes each, 52 bits a limb, values below 1.1·2^256. Z = 0 mod p
// says that the lane met an exceptional addition and its X means nothing.

// For keys with tables. `generator` and each of the eight `keys` are combs of 32 blocks of 128 rows; 32 rows
// of 8-bit digits each.
void shangmi_sm2_combs(const uint64_t *generator, const uint64_t *const keys[8],
                       const int16_t *generator_digits, const int16_t *key_digits, uint64_t result[80]);

// For keys with short tables: eight blocks of eight rows, block b the multiples of 2^(32b)·Q; 64 rows of 4-bit
// digits for the key, the comb of 32 blocks and its digits for the generator.
void shangmi_sm2_short_combs(const uint64_t *generator, const uint64_t *const keys[8],
                             const int16_t *generator_digits, const int16_t *key_digits, uint64_t result[80]);

// Makes the short tables of eight keys, one row each, none at infinity: 64 times x then y in the layout of results
// above (5,120 words), values below 1.1·2^256.
void shangmi_sm2_make_short_combs(const uint64_t *keys, uint64_t *result);

// For keys without. `generator` is 512 rows, G to 512G; `keys` is eight rows, one a lane; 26 rows of 10-bit
// digits for the generator, 52 rows of 5-bit digits for the key.
void shangmi_sm2_windows(const uint64_t *generator, const uint64_t *keys, const int16_t *generator_digits,
                         const int16_t *key_digits, uint64_t result[80]);

// SM3 of 16, 8 or 1 lanes at once: moves `state` on by `blocks` blocks. Words are numbers, not bytes, and lie
// row by row: word w of block b of lane j is words[(16b + w)·lanes + j], word k of lane j's state is
// state[k·lanes + j]. Needs AVX-512, AVX2, or BMI2.
void shangmi_sm3_16(uint32_t state[8 * 16], const uint32_t *words, size_t blocks);
void shangmi_sm3_8(uint32_t state[8 * 8], const uint32_t *words, size_t blocks);
void shangmi_sm3_1(uint32_t state[8], const uint32_t *words, size_t blocks);

// SM4 of `blocks` blocks of 16 bytes, each alone; `in` and `out` may be the same. Round keys are numbers, in the order
// of encryption or its reverse. The first needs AVX-512 with GFNI, the second AES, SSSE3 and SSE4.1.
void shangmi_sm4_gfni(const uint32_t keys[32], const uint8_t *in, uint8_t *out, size_t blocks);
void shangmi_sm4_aesni(const uint32_t keys[32], const uint8_t *in, uint8_t *out, size_t blocks);

// SM4 in cipher block chaining from `vector` on, in place. As above.
void shangmi_sm4_chain_gfni(const uint32_t keys[32], const uint8_t vector[16], uint8_t *bytes, size_t blocks);
void shangmi_sm4_chain_aesni(const uint32_t keys[32], const uint8_t vector[16], uint8_t *bytes, size_t blocks);

// GHASH: moves `state` on by `count` blocks. `powers` are H to H^8. Needs PCLMULQDQ, SSSE3 and SSE4.1.
void shangmi_ghash(const uint8_t powers[128], uint8_t state[16], const uint8_t *blocks, size_t count);

#endif
#endif
