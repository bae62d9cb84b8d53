// SPDX-License-Identifier: Apache-2.0
#include "wasmtime-library.h"

#include <dlfcn.h>
#include <string.h>

struct jiuding_wasmtime jiuding_wasmtime;

static const char *const names[] = {JIUDING_WASMTIME_NAMES};

enum { function_count = sizeof(names) / sizeof(names[0]) - 1 };
_Static_assert(sizeof(struct jiuding_wasmtime) == function_count * sizeof(void *), "a name for every function");

const char *jiuding_wasmtime_bind(void *library) {
    void *found[function_count];
    for (size_t index = 0; index < function_count; index++) {
        found[index] = dlsym(library, names[index]);
        if (!found[index]) return names[index];
    }
    // The table holds function pointers only, in the order of the names, and on every machine of ours a function
    // pointer is as wide as a pointer: POSIX demands as much for dlsym.
    memcpy(&jiuding_wasmtime, found, sizeof(found));
    return 0;
}
