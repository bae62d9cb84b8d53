// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ClientKit
import Foundation
import KeyCustody
import ShangMi

/// Who asks a node: a token, a member's key, or nobody, which is enough for chains whose reads are public.
/// - Spec: API-40, API-42.
struct CallerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            phrase(
                "A file whose first line is a token to ask with. Default: $JIUDING_TOKEN_FILE.",
                zh: "首行为令牌的文件。默认取 $JIUDING_TOKEN_FILE。"),
            valueName: "file"))
    var tokenFile: String?

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            phrase(
                "A member's key that signs each request. Default: $JIUDING_AS.", zh: "为每个请求签名的成员密钥。默认取 $JIUDING_AS。"),
            valueName: "key"))
    var key: String?

    static func environment(_ name: String) -> String? {
        let text = ProcessInfo.processInfo.environment[name] ?? ""
        return text.isEmpty ? nil : text
    }

    /// A client that says who asks. Bounds suit a person who waits at a terminal.
    /// - Parameter signer: the key the command has anyway; it says who asks where the node wants to know and no other
    ///   credentials were given.
    func client(
        _ url: String, patience: Duration = .seconds(30), signer: (any Signer)? = nil
    ) throws -> NodeClient {
        var options = NodeClient.Options()
        options.patience = patience
        options.signerIfAsked = signer
        try identify(&options)
        do { return try NodeClient(url, options: options) } catch { throw Failure(error) }
    }

    private func identify(_ options: inout NodeClient.Options) throws {
        // What is said on the line goes before what stands in the environment.
        if let path = tokenFile ?? (key == nil ? CallerOptions.environment("JIUDING_TOKEN_FILE") : nil) {
            options.token = try CallerOptions.token(at: path)
        }
        if let path = key ?? CallerOptions.environment("JIUDING_AS") {
            do {
                let passphrase = try PassphraseOptions.parse([]).passphrase(for: path)
                options.signer = OpenSSLSigner(try KeyFile.read(at: path, passphrase: passphrase))
            } catch let error as CustodyError { throw Failure(error) }
        }
    }

    static func token(at path: String) throws -> String {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let line = text.split(separator: "\n").first
        else {
            throw Failure(
                .usage, "JD-4006", phrase("the token file \(path) cannot be read", zh: "无法读取令牌文件 \(path)"),
                fix: phrase("check the path and its mode", zh: "请检查路径与权限"))
        }
        return line.trimmingCharacters(in: .whitespaces)
    }
}
