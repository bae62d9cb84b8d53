// SPDX-License-Identifier: Apache-2.0
package import Execution
internal import Glibc

/// What the system may refuse a process while a contract runs.
///
/// A memory must grow whenever its program may grow it: where the system refuses, the library tells the program, which
/// then goes on otherwise than on every other machine. Linux refuses for the two reasons here; its limit on mappings is
/// far from what a pool of fixed size has.
/// - Spec: ENG-12.
package enum SystemRules {
    /// - Parameters:
    ///   - dataLimit: RLIMIT_DATA, the greatest number where there is none.
    ///   - overcommit: what `vm.overcommit_memory` says.
    package static func trouble(dataLimit: UInt64, overcommit: [UInt8]) -> EngineTrouble? {
        if dataLimit != .max {
            return EngineTrouble(
                what: "this process may only have so much data (ulimit -d): a contract could run otherwise here",
                heals: false)
        }
        if overcommit.first == UInt8(ascii: "2") {
            return EngineTrouble(
                what:
                    "vm.overcommit_memory is 2: a contract could run otherwise where memory is short; 0 or 1 will do",
                heals: false)
        }
        return nil
    }

    static func check() throws(EngineTrouble) {
        var limit = rlimit()
        // SAFETY: the system fills the structure, which is ours. RLIMIT_DATA is 2; Glibc's module hides its type.
        let isKnown = unsafe getrlimit(__rlimit_resource_t(2), &limit) == 0
        let file = try OwnedFile.open("/proc/sys/vm/overcommit_memory", what: "the system's rule for memory")
        defer { file.close() }
        let overcommit = try file.bytes(upTo: 1)
        if let trouble = trouble(dataLimit: isKnown ? UInt64(limit.rlim_cur) : 0, overcommit: overcommit) {
            throw trouble
        }
    }
}
