// SPDX-License-Identifier: Apache-2.0

/// How the chain enters a contract; one export of the module each.
public enum Entry: UInt8, Sendable {
    /// A method is called (`jd_call`).
    case call
    /// The contract is put on the chain (`jd_init`).
    case start
    /// Its code was replaced by a newer one (`jd_migrate`).
    case migrate
    /// Nothing runs: what is declared is written down. Only natively.
    case describe
}
