// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Simulation
import Testing
