// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// Whose key signs.
struct KeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            phrase(
                "The key that signs: a file, or sdf:LIBRARY:INDEX for one in a device (GM/T 0018). "
                    + "Default: $JIUDING_KEY, else DATA/users/default.key.",
                zh: "用于签名的密钥：文件，或以 sdf:库文件:序号 指明密码设备（GM/T 0018）中的密钥。"
                    + "默认取 $JIUDING_KEY，否则取 DATA/users/default.key。"),
            valueName: "key"))
    var key: String?

    @OptionGroup var passphrase: PassphraseOptions
}
