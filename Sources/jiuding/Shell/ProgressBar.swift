// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Shows progress on stderr: one line that redraws itself where a person watches, else a plain line now and then.
actor ProgressBar {
    /// Redraws where a person watches; more would flicker.
    private static let redrawSeconds = 0.1
    /// Plain lines of a log.
    private static let lineSeconds = 10.0

    private let terminal: Terminal
    private let label: String
    private var meter: ProgressMeter
    private var shown: Double
    private var drawn = false

    init(_ terminal: Terminal, label: String, unit: ProgressMeter.Unit, total: Double) {
        self.terminal = terminal
        self.label = label
        let now = ProgressBar.seconds()
        meter = ProgressMeter(unit: unit, total: total, at: now)
        shown = now
    }

    func advance(by amount: Double) {
        let now = ProgressBar.seconds()
        meter.advance(by: amount, at: now)
        let pause = terminal.watched ? ProgressBar.redrawSeconds : ProgressBar.lineSeconds
        guard now - shown >= pause else { return }
        shown = now
        draw()
    }

    /// Sets how far the work has come and how much there is, where both are only known on the way.
    func reach(_ done: Double, of total: Double) {
        meter.extend(by: total - meter.total)
        advance(by: done - meter.done)
    }

    func extend(by amount: Double) { meter.extend(by: amount) }

    /// Takes the line away; what comes next is the answer.
    func finish() {
        if drawn { Terminal.write("\r\u{1b}[K", to: .standardError) }
        drawn = false
    }

    private func draw() {
        let line = meter.line(label: label, columns: terminal.columns - 1)
        if terminal.watched {
            Terminal.write("\r\u{1b}[K" + line, to: .standardError)
            drawn = true
        } else {
            terminal.note(line)
        }
    }

    /// Seconds of a clock that only goes forward.
    private static func seconds() -> Double { ProcessInfo.processInfo.systemUptime }
}
