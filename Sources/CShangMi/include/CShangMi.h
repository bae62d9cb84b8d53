// SPDX-License-Identifier: Apache-2.0
#ifndef CSHANGMI_H
#define CSHANGMI_H
#endif
