// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "wasmtime-library.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

static _Thread_local char *stack_end;
static _Thread_local int run_level;

// Kept out of line, so that the address is of a frame of its own, below its caller's.
__attribute__((noinline)) size_t jiuding_stack_left(void) {
    char here;
    if (!stack_end) {
        pthread_attr_t attributes;
        void *lowest = 0;
        size_t count = 0;
        if (pthread_getattr_np(pthread_self(), &attributes)) return 0;
        int failure = pthread_attr_getstack(&attributes, &lowest, &count);
        pthread_attr_destroy(&attributes);
        if (failure) return 0;
        stack_end = lowest;
    }
    char *volatile now = &here;
    return now > stack_end ? (size_t)(now - stack_end) : 0;
}

int jiuding_thread_number(void) { return gettid(); }

void jiuding_hurry(int thread) { setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, 0)); }

int jiuding_run_level(void) { return run_level; }

void jiuding_set_run_level(int level) { run_level = level; }
