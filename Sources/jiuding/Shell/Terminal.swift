// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// Where a command speaks: answers to stdout, everything else to stderr; colours only where a person looks.
struct Terminal: Sendable {
    enum Colour: String, Sendable {
        case green = "32"
        case red = "31"
        case yellow = "33"
        case faint = "2"
        case bold = "1"
    }

    /// True where stdout carries JSON and nothing else.
    let json: Bool
    let colourful: Bool
    /// Whether a person watches stderr.
    let watched: Bool
    private let colourfulErrors: Bool

    init(json: Bool) {
        let environment = ProcessInfo.processInfo.environment
        let plain = environment["NO_COLOR"].map { !$0.isEmpty } ?? false || environment["TERM"] == "dumb"
        self.json = json
        watched = isatty(STDERR_FILENO) == 1
        colourful = !plain && isatty(STDOUT_FILENO) == 1
        colourfulErrors = !plain && watched
    }

    /// Columns of the terminal behind stderr, 80 where it does not say.
    var columns: Int {
        var size = winsize()
        // SAFETY: the kernel fills the structure it is given, which is ours.
        let known = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0
        return known && size.ws_col >= 20 ? Int(size.ws_col) : 80
    }

    // MARK: Answers

    /// A line for people on stdout; silent where stdout carries JSON.
    func say(_ line: String = "") {
        if !json { Terminal.write(line + "\n", to: .standardOutput) }
    }

    /// One JSON object on a line of its own; silent where people read.
    func emit(_ value: @autoclosure () -> JSONText) {
        if json { Terminal.write(value().compact + "\n", to: .standardOutput) }
    }

    func say(_ table: TableLayout) {
        for (index, line) in table.lines.enumerated() { say(index == 0 ? paint(line, .bold) : line) }
    }

    /// Names and values, the values under each other.
    func say(pairs: [(name: String, value: String)]) {
        let width = pairs.map { TextWidth.columns($0.name) }.reduce(0, max)
        for (name, value) in pairs { say("  \(paint(TextWidth.padded(name, to: width), .faint))  \(value)") }
    }

    func paint(_ text: String, _ colour: Colour) -> String {
        colourful ? "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m" : text
    }

    // MARK: Beside the answer

    /// A line on stderr: what is going on, nothing a program should read.
    func note(_ line: String) { Terminal.write(line + "\n", to: .standardError) }

    func warn(_ line: String) { note(mark(phrase("warning:", zh: "警告："), .yellow) + " " + line) }

    /// The sentence and the fix; as an object on stdout as well where stdout carries JSON.
    func report(_ failure: Failure) {
        note(mark(phrase("error:", zh: "错误："), .red) + " " + failure.line)
        if !failure.fix.isEmpty { note("  " + phrase("fix:", zh: "处理：") + " " + failure.fix) }
        emit(failure.json)
    }

    private func mark(_ text: String, _ colour: Colour) -> String {
        colourfulErrors ? "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m" : text
    }

    static func write(_ text: String, to file: FileHandle) {
        // Whoever was to read it has gone; there is nobody left to tell.
        try? file.write(contentsOf: Data(text.utf8))
    }
}
