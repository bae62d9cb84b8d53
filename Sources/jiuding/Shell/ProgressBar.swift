// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// Shows progress on stderr: one line that redraws itself where a person watches, else a plain line now and then.
///
/// Told from several tasks and from code that cannot wait, so it keeps its state behind a lock held for an addition
/// and, ten times a second, for one write.
final class ProgressBar: Sendable {
    /// Redraws where a person watches; more would flicker.
    private static let redrawSeconds = 0.1
    /// Plain lines of a log.
    private static let lineSeconds = 10.0

    private struct State {
        var meter: ProgressMeter
        var shown: Double
        var drawn = false
    }

    private let terminal: Terminal
    private let label: String
    private let state: Mutex<State>

    init(_ terminal: Terminal, label: String, unit: ProgressMeter.Unit, total: Double) {
        self.terminal = terminal
        self.label = label
        let now = ProgressBar.seconds()
        state = Mutex(State(meter: ProgressMeter(unit: unit, total: total, at: now), shown: now))
    }

    func advance(by amount: Double) {
        state.withLock { state in
            state.meter.advance(by: amount, at: ProgressBar.seconds())
            drawIfDue(&state)
        }
    }

    /// Sets how far the work has come and how much there is, where both are only known on the way.
    func reach(_ done: Double, of total: Double) {
        state.withLock { state in
            state.meter.extend(by: total - state.meter.total)
            state.meter.advance(by: done - state.meter.done, at: ProgressBar.seconds())
            drawIfDue(&state)
        }
    }

    /// Takes the line away; what comes next is the answer.
    func finish() {
        state.withLock { state in
            if state.drawn { Terminal.write("\r\u{1b}[K", to: .standardError) }
            state.drawn = false
        }
    }

    private func drawIfDue(_ state: inout State) {
        let now = ProgressBar.seconds()
        guard now - state.shown >= (terminal.watched ? ProgressBar.redrawSeconds : ProgressBar.lineSeconds) else {
            return
        }
        state.shown = now
        let line = state.meter.line(label: label, columns: terminal.columns - 1)
        if terminal.watched {
            Terminal.write("\r\u{1b}[K" + line, to: .standardError)
            state.drawn = true
        } else {
            terminal.note(line)
        }
    }

    /// Seconds of a clock that only goes forward.
    private static func seconds() -> Double { ProcessInfo.processInfo.systemUptime }
}
