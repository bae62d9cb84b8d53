// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>
#include <rocksdb/c.h>

// Swift's module of glibc leaves <malloc.h> out.
static inline void jiuding_limit_arenas(int count) { mallopt(M_ARENA_MAX, count); }
