// SPDX-License-Identifier: Apache-2.0
internal import Bedrock
internal import CWasmtime
package import ShangMi

/// What an engine is given to work with. The bounds that decide how a run ends are not here: they are the chain's, and
/// the engine must only never be the first to run out.
/// - Spec: ENG-4, ENG-5, ENG-6, ENG-13.
package struct EngineSettings: Hashable, Sendable {
    /// Where compiled programs are kept; nil keeps them in memory alone. Made where it is missing, for its owner only.
    package var cacheFolder: String?
    /// Compiled programs held in memory; the least recently used one goes first. One takes up to some megabytes.
    package var programsMax = 256
    /// Runs at a time that no other run asked for; more wait.
    package var rootsMax = 8
    /// Runs that end before their end say where they stood (ENG-13).
    package var keepsFrames = false

    package init(cacheFolder: String? = nil) { self.cacheFolder = cacheFolder }

    /// Runs inside each other on one thread, each in a host call of the one before.
    package static let nestingMax = 8
    /// The greatest depth a run may begin with.
    package static let depthMax: Int32 = 8_192
    /// What a unit of depth takes of the native stack at most: 16 values of 8 bytes and a frame's fixed part (ENG-5).
    package static let stackBytesPerDepth = 512
    /// Pages of 64 KiB that a memory can have.
    package static let pagesMax = 256
    package static let tableElementsMax = 4_096
    /// Globals, functions and types together decide it: 8,192 functions that a table may name take 256 KiB.
    static let instanceBytesMax = 1 << 20
    /// Of native stack for one run: what the deepest one can need, and the engine stops it there (ENG-5).
    static let stackBytes = Int(depthMax) * stackBytesPerDepth
    /// Beside it, for the host's own frames and the engine's.
    static let hostStackBytes = 512 << 10
    /// Addresses set aside for a memory, so that no access of 32 bits can leave them; they cost no memory.
    static let reservedBytes = 4 << 30
    static let guardBytes = 32 << 20
    /// Of a memory, what is zeroed in place after a run instead of given back to the system.
    static let residentBytes = 1 << 20

    var slots: Int { rootsMax * EngineSettings.nestingMax }

    /// All that the library is told, in order.
    package var told: [LibrarySetting] { EngineSettings.configuration + pool }

    /// Names everything that may decide what the compiler makes of a program: compiled code is only good for the same.
    package static func codeDigest(library: Digest, told settings: [LibrarySetting]) -> Digest {
        var encoder = Encoder()
        encoder.bytes(Array(JIUDING_WASMTIME_VERSION.utf8))
        encoder.bytes(library.bytes)
        LibrarySetting.encode(settings, into: &encoder)
        return SM3.hash(encoder.bytes)
    }
}
