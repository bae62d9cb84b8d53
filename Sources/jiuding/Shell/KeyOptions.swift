// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// Whose key signs.
struct KeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            phrase(
                "The key file that signs. Default: $JIUDING_KEY, else DATA/users/default.key.",
                zh: "用于签名的密钥文件。默认取 $JIUDING_KEY，否则取 DATA/users/default.key。"),
            valueName: "file"))
    var key: String?

    @OptionGroup var passphrase: PassphraseOptions
}
