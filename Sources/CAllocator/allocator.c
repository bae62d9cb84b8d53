// SPDX-License-Identifier: Apache-2.0
// The allocator of a node is jemalloc (docs/decisions/0013-jemalloc.md): linked, it takes the place of glibc's in this
// process and in the libraries it loads.
#include "allocator.h"

// Two arenas: a node's threads are a dozen, its processors hardly more, and what one arena has freed no other can use.
// What was freed for a second goes back to the machine as soon as anything is allocated again, so that a burst leaves
// nothing behind in a node that lives.
const char *malloc_conf = "narenas:2,dirty_decay_ms:1000,muzzy_decay_ms:0";
