// SPDX-License-Identifier: Apache-2.0
// The lane kernels of ShangMi: nothing but arithmetic on many lanes at once. Ranges, schedules and verdicts are Swift's.
#ifndef CSHANGMI_H
#define CSHANGMI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)

// What this processor and its operating system can run.
bool shangmi_cpu_has_avx2(void);
bool shangmi_cpu_has_avx512(void);
bool shangmi_cpu_has_avx512ifma(void);

// Whether the environment said JIUDING_SIMD=off when first asked. The only place that reads the environment.
bool shangmi_simd_is_off(void);

#endif
#endif
