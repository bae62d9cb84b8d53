// SPDX-License-Identifier: Apache-2.0
import Execution
import ShangMi
import Wasm

/// Where in its Swift sources a run failed.
///
/// A trap stands where it stands. A thrown error does not: it goes from caller to caller, and the chain hears of it at
/// the end. So the last instructions of the run are gone through backwards, and the last line that throws is the place.
struct FailurePlace {
    /// Innermost first; none where nothing is known.
    let stack: [SourceLines.Place]

    /// - Parameter again: the same run with so much gas.
    init(
        of run: TracedRun, module: [UInt8], in sources: SourceLines, again: (Int64) throws -> TracedRun?
    ) throws {
        guard let module = try? WasmModule(decoding: module), let end = run.end else {
            stack = []
            return
        }
        let walk = try FailureWalk(run, module.offsetMap(), again: again)
        var offsets: Set<Int> = []
        for moment in walk.moments { offsets.formUnion(moment.stack) }
        let known = try sources.places(of: offsets)
        func places(_ moment: FailureWalk.Moment) -> [SourceLines.Place] {
            moment.stack.flatMap { known[$0] ?? [] }.filter { $0.line > 0 }
        }
        let backwards = walk.moments.reversed()
        var chosen: FailureWalk.Moment?
        if case .stopped = end.end {
            chosen = backwards.first { moment in
                (known[moment.offset] ?? []).contains { sources.mayThrow($0) }
            }
        }
        // A trap has no line of its own where the compiler made one of several: the last known line before it, then.
        chosen = chosen ?? backwards.first { (known[$0.offset] ?? []).contains { $0.isOwn } }
        stack = chosen.map { places($0) } ?? []
    }

    /// The innermost line of the contract's own.
    var own: SourceLines.Place? { stack.first { $0.isOwn } }
}
