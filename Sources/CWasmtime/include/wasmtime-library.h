// SPDX-License-Identifier: Apache-2.0
// The contract engine's library as this program sees it: nothing is linked, so that a node builds, starts and answers
// on a machine that does not have it. Which file may be loaded is Swift's to judge.
#ifndef CWASMTIME_LIBRARY_H
#define CWASMTIME_LIBRARY_H

#include "wasmtime-generated.h"

// Fills the table from a library that dlopen gave. Once a process: whoever calls the functions has seen it return null.
// Returns the name of the first function the library does not have, or null.
const char *jiuding_wasmtime_bind(void *library);

// Bytes of native stack this thread has left; 0 where they cannot be known. Asks the system once a thread.
size_t jiuding_stack_left(void);

// What the kernel calls this thread.
int jiuding_thread_number(void);

// Lets a thread of this process count for as much as the one that asks, where that is allowed.
void jiuding_hurry(int thread);

// How many runs of contracts are under way on this thread, each in a host call of the one before.
int jiuding_run_level(void);
void jiuding_set_run_level(int level);

#endif
