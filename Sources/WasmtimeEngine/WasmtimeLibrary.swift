// SPDX-License-Identifier: Apache-2.0
internal import CWasmtime
internal import Execution
internal import Glibc
package import ShangMi
internal import Synchronization

/// The pinned library of the engine: found, checked, and only then loaded. Loaded once a process and never unloaded.
///
/// A library that is another build has structures of another shape and may decide otherwise, so nothing but its digest
/// counts: neither its name nor what it says of itself.
/// - Spec: ENG-1, ENG-2.
package struct WasmtimeLibrary: Sendable {
    package static let version = JIUDING_WASMTIME_VERSION
    package static let fileName = "libwasmtime.so"

    #if arch(x86_64)
    package static let machine = "x86_64"
    package static let pin = "bef0a84bf4c476c251429416c23e2e5b228ebd1c0f07a235d15f48d60691e6b4"
    #else
    package static let machine = "aarch64"
    package static let pin = "32510336ae896f20d3a56de7e2609291e629bf178b135c852b3c89f41eaec493"
    #endif

    /// The SM3 digest of the file.
    package let digest: Digest

    private static let bound = Mutex(false)

    /// Where the library is looked for, best first: what the operator named, alone; else beside the program, then where
    /// `scripts/wasmtime` puts it for a build.
    /// - Parameters:
    ///   - program: the path of the program itself.
    ///   - named: the file the operator named, if any.
    package static func places(program: String, named: String?) -> [String] {
        if let named, !named.isEmpty { return [named] }
        func above(_ path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }
        let folder = above(program)
        return ["\(folder)/\(fileName)", "\(above(above(folder)))/wasmtime/\(version)-\(machine)/\(fileName)"]
    }

    /// Checks and loads the file at `path`.
    /// - Throws: what is wrong with it, never to heal by itself.
    /// - Cost: reads 30 MB and digests them, some 0.1 s.
    static func load(path: String) throws(EngineTrouble) -> WasmtimeLibrary {
        let file = try OwnedFile.open(path, what: "the contract engine's library")
        let digest: Digest
        do throws(EngineTrouble) { digest = try file.digest() } catch {
            file.close()
            throw error
        }
        defer { file.close() }
        guard digest.hex == pin else {
            throw EngineTrouble(
                what:
                    "\(path) is not the library of wasmtime \(version) for \(machine) (SM3 \(digest.hex), not \(pin))",
                heals: false)
        }
        try bound.withLock { isBound throws(EngineTrouble) in
            guard !isBound else { return }
            try bind(file, path)
            isBound = true
        }
        return WasmtimeLibrary(digest: digest)
    }

    private static func bind(_ file: OwnedFile, _ path: String) throws(EngineTrouble) {
        // Through the descriptor: what is loaded is what was digested, whatever the path now names.
        // SAFETY (this function): paths are C strings for the time of each call; the library runs its initialisers, and
        // it is the one we pinned.
        guard let handle = unsafe dlopen("/proc/self/fd/\(file.descriptor)", RTLD_NOW | RTLD_LOCAL) else {
            let reason = unsafe dlerror().map { unsafe String(cString: $0) } ?? "no reason given"
            throw EngineTrouble(what: "\(path) cannot be loaded: \(reason)", heals: false)
        }
        if let missing = unsafe jiuding_wasmtime_bind(handle) {
            let name = unsafe String(cString: missing)
            throw EngineTrouble(what: "\(path) has no \(name)", heals: false)
        }
    }
}
