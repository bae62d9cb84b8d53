// SPDX-License-Identifier: Apache-2.0

/// What one check of this machine found, and what to do where it is not as it should be.
package struct Finding: Hashable, Sendable {
    package enum Verdict: String, Sendable { case ok, warn, fail }

    package let name: String
    package let verdict: Verdict
    package let fact: String
    package let fix: String

    static func ok(_ name: String, _ fact: String) -> Finding {
        Finding(name: name, verdict: .ok, fact: fact, fix: "")
    }

    static func warn(_ name: String, _ fact: String, fix: String) -> Finding {
        Finding(name: name, verdict: .warn, fact: fact, fix: fix)
    }

    static func fail(_ name: String, _ fact: String, fix: String) -> Finding {
        Finding(name: name, verdict: .fail, fact: fact, fix: fix)
    }

    var json: JSONText {
        ["check": .text(name), "verdict": .text(verdict.rawValue), "fact": .text(fact), "fix": .text(fix)]
    }

    func show(on terminal: Terminal, width: Int) {
        let mark =
            switch verdict {
            case .ok: terminal.paint("ok  ", .green)
            case .warn: terminal.paint("warn", .yellow)
            case .fail: terminal.paint("fail", .red)
            }
        terminal.say("\(mark)  \(TextWidth.padded(name, to: width))  \(fact)")
        if !fix.isEmpty { terminal.say("      \(phrase("fix:", zh: "处理：")) \(fix)") }
    }
}
