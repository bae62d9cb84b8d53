// SPDX-License-Identifier: Apache-2.0
// The three widths of the SM3 kernel: sixteen lanes with AVX-512, eight with AVX2, and one with BMI2, whose rotations
// need no copy and whose rounds are written out: a third fewer instructions than the portable loop.
#include "CShangMi.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl"))), apply_to = function)
#define LANES 16
#define VECTOR vector16
#define NAME shangmi_sm3_16
#include "sm3-compress.h"
#undef LANES
#undef VECTOR
#undef NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define LANES 8
#define VECTOR vector8
#define NAME shangmi_sm3_8
#include "sm3-compress.h"
#undef LANES
#undef VECTOR
#undef NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("bmi,bmi2"))), apply_to = function)
#define LANES 1
#define VECTOR vector1
#define NAME shangmi_sm3_1
#include "sm3-compress.h"
#pragma clang attribute pop

#endif
