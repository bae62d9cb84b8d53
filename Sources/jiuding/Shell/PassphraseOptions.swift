// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Glibc
import KeyCustody

/// Where a passphrase comes from. Never an argument: arguments are for everyone on the machine to see.
struct PassphraseOptions: ParsableArguments {
    static let variable = "JIUDING_PASSPHRASE"

    @Option(
        help: ArgumentHelp(
            phrase(
                "A file whose first line is the passphrase. Else $\(variable), else you are asked.",
                zh: "首行为口令的文件。否则取 $\(variable)，否则当场询问。"),
            valueName: "file"))
    var passphraseFile: String?

    /// The passphrase of an existing key: the file named, the environment, the file `up` leaves beside a development
    /// key, or the person at the terminal.
    func passphrase(for keyPath: String) throws -> Secret {
        if let given = try given() { return given }
        let beside = DataDirectory.passphraseFile(of: keyPath)
        if FileManager.default.fileExists(atPath: beside) { return try PassphraseOptions.first(of: beside) }
        return try PassphraseOptions.ask(phrase("Passphrase of \(keyPath): ", zh: "\(keyPath) 的口令："))
    }

    /// The password of a key in a device: the file named, the environment, or the person at the terminal.
    func devicePassword(of place: DevicePlace) throws -> Secret {
        if let given = try given() { return given }
        let name = "\(place.library) \(place.index)"
        return try PassphraseOptions.ask(phrase("Password of the device's key \(name): ", zh: "设备密钥 \(name) 的口令："))
    }

    /// A passphrase for a new key; a person types it twice.
    func newPassphrase(for keyPath: String) throws -> Secret {
        if let given = try given() { return given }
        return try PassphraseOptions.askTwice(for: keyPath)
    }

    static func askTwice(for keyPath: String) throws -> Secret {
        let first = try PassphraseOptions.ask(phrase("New passphrase for \(keyPath): ", zh: "为 \(keyPath) 设置口令："))
        let second = try PassphraseOptions.ask(phrase("Once more: ", zh: "再输入一次："))
        guard first.matches(second) else {
            throw Failure(
                .no, "JD-4005", phrase("the two passphrases differ", zh: "两次输入的口令不同"),
                fix: phrase("run the command again", zh: "请重新运行命令"))
        }
        return first
    }

    private func given() throws -> Secret? {
        if let passphraseFile { return try PassphraseOptions.first(of: passphraseFile) }
        let environment = ProcessInfo.processInfo.environment[PassphraseOptions.variable] ?? ""
        return environment.isEmpty ? nil : Secret(utf8: environment)
    }

    static func first(of path: String) throws -> Secret { try lines(of: path).first ?? Secret([]) }

    /// The passphrases in a file, one a line.
    static func lines(of path: String) throws -> [Secret] {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw Failure(
                .usage, "JD-4006", phrase("the passphrase file \(path) cannot be read", zh: "无法读取口令文件 \(path)"),
                fix: phrase("check the path and its mode", zh: "请检查路径与权限"))
        }
        return bytes.split(separator: 0x0a, omittingEmptySubsequences: false).map { line in
            // Lines as Windows ends them.
            Secret([UInt8](line.last == 0x0d ? line.dropLast() : line))
        }
    }

    /// Reads a line from the terminal without showing it.
    static func ask(_ prompt: String) throws -> Secret {
        // SAFETY: a literal path; the descriptor is closed on every way out.
        let device = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard device >= 0 else {
            throw Failure.usage(
                phrase("a passphrase is needed and there is no terminal to ask on", zh: "需要口令，但没有可询问的终端"),
                fix: phrase("give --passphrase-file or set $\(variable)", zh: "请用 --passphrase-file 或设置 $\(variable)"))
        }
        defer { close(device) }
        var old = termios()
        // SAFETY: the structures are ours, and the old settings are put back on every way out.
        let isTerminal = unsafe tcgetattr(device, &old) == 0
        var silent = old
        silent.c_lflag &= ~tcflag_t(ECHO)
        if isTerminal { _ = unsafe tcsetattr(device, TCSAFLUSH, &silent) }
        defer { if isTerminal { _ = unsafe tcsetattr(device, TCSAFLUSH, &old) } }
        let file = FileHandle(fileDescriptor: device, closeOnDealloc: false)
        Terminal.write(prompt, to: file)
        var line: [UInt8] = []
        var byte: UInt8 = 0
        // SAFETY: one byte is read into one byte.
        while line.count <= KeyFile.passphraseBytesMax, unsafe Glibc.read(device, &byte, 1) == 1, byte != 0x0a {
            line.append(byte)
        }
        Terminal.write("\n", to: file)
        return Secret(line)
    }
}
