// SPDX-License-Identifier: Apache-2.0
#pragma once

// What jemalloc reads when the process begins, before any other code of it runs.
extern const char *malloc_conf;
