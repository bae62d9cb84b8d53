// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import KeyCustody

/// The keys of admins whom the agreement names by key: they speak for the organisation when it prepares and when it
/// signs.
/// - Spec: FOUND-7, FOUND-13.
struct NamedAdminOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            phrase(
                "The key of an admin whom consortium.yaml names by key; may be given several times.",
                zh: "约定文件中以公钥指明的管理员的密钥，可多次给出。"),
            valueName: "file"))
    var key: [String] = []

    @Option(
        help: ArgumentHelp(
            phrase("A file with the passphrase of --key, where it is another.", zh: "--key 的口令文件（如口令不同）。"),
            valueName: "file"))
    var keyPassphraseFile: String?

    /// The passphrase of one of these keys: from the file named, else as any other.
    func passphrase(of path: String, else others: PassphraseOptions) throws -> Secret {
        try keyPassphraseFile.map { try PassphraseOptions.first(of: $0) } ?? others.passphrase(for: path)
    }
}
