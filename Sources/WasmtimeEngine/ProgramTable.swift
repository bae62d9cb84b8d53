// SPDX-License-Identifier: Apache-2.0
internal import CWasmtime
internal import Execution
internal import ShangMi
internal import Synchronization

/// The compiled programs in memory. Who asks for one that is not there compiles it; who asks meanwhile waits for that
/// one program and no other.
/// - Spec: ENG-10.
final class ProgramTable: Sendable {
    /// The thread that compiles a program. It may be one that gives way to others; whoever waits for it lends it what
    /// it counts for itself, or a block would stand behind everything else on this machine.
    final class Maker: Sendable {
        /// 0 while nobody compiles.
        private let thread = Mutex<Int32>(0)

        /// Says that this thread does it, until `end`.
        func begin() { thread.withLock { $0 = jiuding_thread_number() } }
        func end() { thread.withLock { $0 = 0 } }

        fileprivate func hurry() { thread.withLock { if $0 != 0 { jiuding_hurry($0) } } }
    }

    /// One program's place; its lock is held while the program is loaded or compiled.
    private final class Place: Sendable {
        let program = Mutex<CompiledProgram?>(nil)
        let maker = Maker()
    }

    private struct Row {
        let place: Place
        /// The count of all uses when this one was last used.
        var lastUse: UInt64
    }

    private struct Table {
        var rows: [Digest: Row] = [:]
        var uses: UInt64 = 0
    }

    private let table = Mutex(Table())
    private let countMax: Int

    init(countMax: Int) { self.countMax = max(1, countMax) }

    /// - Parameter make: loads or compiles the program; what it throws is thrown, and the next who asks tries again.
    func program(
        _ digest: Digest, make: (Maker) throws(EngineTrouble) -> CompiledProgram
    ) throws(EngineTrouble) -> CompiledProgram {
        let place = place(of: digest)
        let isFree = place.program.withLockIfAvailable { _ in true } ?? false
        if !isFree { place.maker.hurry() }
        return try place.program.withLock { program throws(EngineTrouble) in
            if let program { return program }
            let made = try make(place.maker)
            program = made
            return made
        }
    }

    /// A place that goes while its program is being made lives on with those who wait for it.
    private func place(of digest: Digest) -> Place {
        table.withLock { table in
            table.uses += 1
            if let place = table.rows[digest]?.place {
                table.rows[digest]?.lastUse = table.uses
                return place
            }
            if table.rows.count >= countMax, let oldest = table.rows.min(by: { $0.value.lastUse < $1.value.lastUse }) {
                table.rows[oldest.key] = nil
            }
            let place = Place()
            table.rows[digest] = Row(place: place, lastUse: table.uses)
            return place
        }
    }
}
