// SPDX-License-Identifier: Apache-2.0
// Says which kernels may run here. The compiler's own detection also asks the operating system (XGETBV)
// whether it saves the wide registers, which the bare CPUID bits do not tell.
#include "CShangMi.h"

#if defined(__x86_64__)

#include <stdlib.h>
#include <string.h>

bool shangmi_cpu_has_bmi2(void) { return __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"); }

bool shangmi_cpu_has_avx2(void) { return __builtin_cpu_supports("avx2"); }

bool shangmi_cpu_has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
}

bool shangmi_cpu_has_avx512ifma(void) {
    return shangmi_cpu_has_avx512() && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512ifma");
}

bool shangmi_cpu_has_aesni(void) {
    return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("ssse3") &&
           __builtin_cpu_supports("sse4.1");
}

bool shangmi_cpu_has_gfni(void) {
    return shangmi_cpu_has_avx512() && shangmi_cpu_has_aesni() && __builtin_cpu_supports("gfni");
}

bool shangmi_simd_is_off(void) {
    // 0: not asked yet, 1: on, 2: off. Two threads that ask at once write the same answer.
    static _Atomic int answer;
    int known = answer;
    if (known == 0) {
        const char *value = getenv("JIUDING_SIMD");
        known = value != NULL && strcmp(value, "off") == 0 ? 2 : 1;
        answer = known;
    }
    return known == 2;
}

#endif
