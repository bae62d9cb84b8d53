// SPDX-License-Identifier: Apache-2.0
#include <rocksdb/c.h>
