#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Process tests: real `jiuding` processes, killed, starved, damaged and abused. `--full` for the long forms, names to
# run only those. The binary is $JIUDING_BINARY, else the one of this repository's release build.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
exec python3 -B "$here/main.py" "$@"
