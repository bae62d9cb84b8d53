// SPDX-License-Identifier: Apache-2.0
import Execution
import Wasm

/// What a run did last, instruction by instruction: found by giving it less and less gas, for it does the same each
/// time and stops with all its frames wherever that is used up.
struct FailureWalk {
    /// An instruction that ran, with the calls around it: offsets in the module as it was uploaded, outermost first.
    struct Moment: Hashable {
        let offset: Int
        let callers: [Int]

        var stack: [Int] { [offset] + callers.reversed() }
    }

    /// Stretches that are looked back, at most.
    static let stretchesMax = 600

    /// A stop of a replay: calls around it, and the stretch that was to begin.
    private struct Stop {
        let callers: [Int]
        let stretch: [Int]
    }

    private let map: WasmOffsetMap
    /// Newest last.
    private(set) var moments: [Moment] = []

    /// - Parameters:
    ///   - run: one that ended before its end.
    ///   - again: the same run with so much gas.
    init(_ run: TracedRun, _ map: WasmOffsetMap, again: (Int64) throws -> TracedRun?) throws {
        self.map = map
        guard let end = run.end, !end.frames.isEmpty else { return }
        var stops: [Stop] = []
        var budget = FailureWalk.before(run, run.gasGiven, map).map { $0 - 1 } ?? -1
        var stride: Int64 = 1
        while budget >= 0, stops.count < FailureWalk.stretchesMax, let earlier = try again(budget),
            let stop = earlier.end, stop.end == .outOfGas, !stop.frames.isEmpty
        {
            if let place = map.place(at: stop.frames[0]), place.charge > 0 {
                stops.append(Stop(callers: callers(stop.frames), stretch: map.stretch(at: stop.frames[0])))
            }
            if let before = FailureWalk.before(earlier, budget, map) {
                (budget, stride) = (before - 1, 1)
            } else {
                // A helper took a price that stands nowhere.
                (budget, stride) = (budget - stride, stride * 2)
            }
        }
        var replay = Replay()
        for stop in stops.reversed() { replay.enter(stop.callers, stop.stretch) }
        let stack = end.frames.reversed().compactMap { map.place(at: $0)?.original }
        if let last = stack.last { replay.finish(Array(stack.dropLast()), at: last) }
        moments = replay.moments
    }

    private func callers(_ frames: [Int]) -> [Int] {
        frames.dropFirst().reversed().compactMap { map.place(at: $0)?.original }
    }

    /// What a run had used before the charge or the host call it stopped in; nil where that cannot be told.
    private static func before(_ run: TracedRun, _ gas: Int64, _ map: WasmOffsetMap) -> Int64? {
        guard let end = run.end, let top = end.frames.first else { return nil }
        guard let place = map.place(at: top) else { return nil }
        if end.end == .outOfGas, place.charge > 0 { return gas - end.gasLeft - place.charge }
        if case .trapped = end.end { return gas - end.gasLeft }
        return run.steps.last.map { gas - $0.gasBefore }
    }

    /// Puts stretches into the order their instructions ran in: what stands behind a call runs after it.
    private struct Replay {
        private struct Activation {
            var stretch: [Int]
            var next: Int

            var at: Int? { next > 0 ? stretch[next - 1] : nil }
        }

        private var stack: [Activation] = []
        private(set) var moments: [Moment] = []

        mutating func enter(_ callers: [Int], _ stretch: [Int]) {
            follow(callers)
            if stack.count > callers.count {
                run(callers.count, to: stack[callers.count].stretch.count)
                stack[callers.count] = Activation(stretch: stretch, next: 0)
            } else {
                stack.append(Activation(stretch: stretch, next: 0))
            }
        }

        mutating func finish(_ callers: [Int], at offset: Int) {
            follow(callers)
            guard stack.count > callers.count else { return note(offset, callers) }
            let top = stack[callers.count]
            guard let place = top.stretch[top.next...].firstIndex(of: offset) else { return note(offset, callers) }
            run(callers.count, to: place + 1)
        }

        /// Lets functions return until the calls under way are those, each at its place.
        private mutating func follow(_ callers: [Int]) {
            while stack.count > callers.count + 1 { leave() }
            for (depth, offset) in callers.enumerated() {
                guard stack.count > depth else {
                    stack.append(Activation(stretch: [offset], next: 1))
                    continue
                }
                if stack[depth].at == offset { continue }
                while stack.count > depth + 1 { leave() }
                let activation = stack[depth]
                if let place = activation.stretch[activation.next...].firstIndex(of: offset) {
                    run(depth, to: place + 1)
                } else {
                    stack[depth] = Activation(stretch: [offset], next: 1)
                }
            }
        }

        private mutating func leave() {
            let depth = stack.count - 1
            run(depth, to: stack[depth].stretch.count)
            stack.removeLast()
        }

        private mutating func run(_ depth: Int, to end: Int) {
            let callers = stack[..<depth].compactMap(\.at)
            let activation = stack[depth]
            for offset in activation.stretch[activation.next..<end] { note(offset, callers) }
            stack[depth].next = end
        }

        private mutating func note(_ offset: Int, _ callers: [Int]) {
            moments.append(Moment(offset: offset, callers: callers))
        }
    }
}
