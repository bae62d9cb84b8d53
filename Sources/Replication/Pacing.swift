// SPDX-License-Identifier: Apache-2.0

/// Tunables of one node's replica, with their reasons. Nodes may differ in them and still agree.
enum Pacing {
    /// Executed roots remembered for judging proposals: the execution lag twice over.
    static let rootsKept = 64
}
