// SPDX-License-Identifier: Apache-2.0

/// Tells code, comments and string contents apart in one Swift file.
///
/// Knows nested block comments, raw and multi-line strings, and code inside interpolations. It does not know
/// regular expression literals; the house does not use them. Works on bytes: columns stay where they were.
struct Stripper {
    private enum Mode {
        /// Code inside `\(`; the number of parentheses still open.
        case interpolation(open: Int)
        case string(hashes: Int, quotes: Int)
    }

    private let text: [UInt8]
    private(set) var code: [UInt8]
    private(set) var comments: [UInt8]
    private var stack: [Mode] = []
    private var at = 0

    init(text: [UInt8]) {
        self.text = text
        code = text
        comments = text.map { $0 == 10 ? 10 : 32 }
    }

    mutating func run() {
        while at < text.count {
            if case .string(let hashes, let quotes)? = stack.last {
                stringByte(hashes: hashes, quotes: quotes)
            } else {
                codeByte()
            }
        }
    }

    private func sees(_ wanted: [UInt8], at index: Int) -> Bool {
        index + wanted.count <= text.count && Array(text[index..<index + wanted.count]) == wanted
    }

    private mutating func blank(_ count: Int, intoComments: Bool = false) {
        for _ in 0..<count where at < text.count {
            if intoComments { comments[at] = text[at] }
            if text[at] != 10 { code[at] = 32 }
            at += 1
        }
    }

    private mutating func codeByte() {
        if sees([47, 47], at: at) {
            while at < text.count, text[at] != 10 { blank(1, intoComments: true) }
        } else if sees([47, 42], at: at) {
            blockComment()
        } else if !openString() {
            if case .interpolation(let open)? = stack.last {
                let now = open + (text[at] == 40 ? 1 : text[at] == 41 ? -1 : 0)
                stack.removeLast()
                if now > 0 { stack.append(.interpolation(open: now)) }
            }
            at += 1
        }
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            if sees([47, 42], at: at) {
                depth += 1
                blank(2, intoComments: true)
            } else if sees([42, 47], at: at) {
                depth -= 1
                blank(2, intoComments: true)
            } else {
                blank(1, intoComments: true)
            }
        } while depth > 0 && at < text.count
    }

    private mutating func openString() -> Bool {
        var hashes = 0
        while at + hashes < text.count, text[at + hashes] == 35 { hashes += 1 }
        guard sees([34], at: at + hashes) else { return false }
        let quotes = sees([34, 34, 34], at: at + hashes) ? 3 : 1
        stack.append(.string(hashes: hashes, quotes: quotes))
        at += hashes + quotes
        return true
    }

    private mutating func stringByte(hashes: Int, quotes: Int) {
        let escape = [92] + [UInt8](repeating: 35, count: hashes)
        let close = [UInt8](repeating: 34, count: quotes) + [UInt8](repeating: 35, count: hashes)
        if sees(escape, at: at) {
            let opens = sees([40], at: at + escape.count)
            blank(escape.count + 1)
            if opens { stack.append(.interpolation(open: 1)) }
        } else if sees(close, at: at) {
            stack.removeLast()
            at += close.count
        } else if quotes == 1, text[at] == 10 {
            // A one-line string cannot cross a line: the file does not compile, and guessing on would hide
            // the rest.
            stack.removeLast()
        } else {
            blank(1)
        }
    }
}
