// SPDX-License-Identifier: Apache-2.0
import KeyCustody

/// What went wrong with a key or a certificate, in both languages.
extension CustodyError {
    var bilingualSentence: BilingualText {
        switch self {
        case .authority(let fault): fault.sentence
        case .credential(let path, let fault): fault.sentence(path)
        case .share(let fault): fault.sentence
        case .device(let fault): fault.sentence
        default: BilingualText(sentence, zh: chineseSentence)
        }
    }

    var bilingualFix: BilingualText {
        switch self {
        case .authority(let fault): fault.fix
        case .credential(_, let fault): fault.fix
        case .share(let fault): fault.fix
        case .device(let fault): fault.fix
        default: BilingualText(fix, zh: chineseFix)
        }
    }

    private var chineseSentence: String {
        switch self {
        case .fileExists(let path): "\(path) 已存在"
        case .fileUnreadable(let path, let number): "无法读取 \(path)：\(SystemReason.text(number))"
        case .fileUnwritable(let path, let number): "无法写入 \(path)：\(SystemReason.text(number))"
        case .fileTooOpen(let path, let mode): "他人可使用 \(path) 中的密钥：权限为 0\(String(mode & 0o7777, radix: 8))"
        case .notAKeyFile(let path): "\(path) 不是私钥文件"
        case .notEncrypted(let path): "\(path) 中的私钥未加密"
        case .protectionUnsupported(let path): "\(path) 的保护方式不是 PBKDF2（HMAC-SM3）下的 SM4-CBC"
        case .iterationsOutOfRange(let found):
            "PBKDF2 迭代次数 \(found) 不在 \(KeyFile.iterationsMin) 至 \(KeyFile.iterationsMax) 之间"
        case .passphraseWrong(let path): "口令无法打开 \(path)"
        case .passphraseUnfit: "口令长度应为 1 至 \(KeyFile.passphraseBytesMax) 字节"
        case .notAnSM2Key: "这不是 SM2 曲线上的私钥"
        case .scalarOutOfRange: "私钥数值不在 1 至 n - 2 之间"
        case .ciphertextMalformed: "密文不符合其声称的格式"
        case .ciphertextRefused: "密文被改动，或属于另一密钥"
        case .lengthOutOfRange(let found, let limit): "长度 \(found) 字节，应为 1 至 \(limit)"
        case .libraryFailed(let operation, let number): "OpenSSL 操作失败：\(operation)（错误 \(number)）"
        case .authority, .credential, .share, .device: sentence
        }
    }

    private var chineseFix: String {
        switch self {
        case .fileExists: "请换一个名称，或先移走该文件"
        case .fileUnreadable, .fileUnwritable: "请确认目录存在且当前用户有权限"
        case .fileTooOpen(let path, _): "请运行：chmod 600 \(path)"
        case .notAKeyFile: "请给出以 BEGIN ENCRYPTED PRIVATE KEY 开头的 PEM 文件"
        case .notEncrypted: "请用口令加密；仅开发环境可允许明文密钥"
        case .passphraseWrong: "请核对口令；若无误，请从备份恢复该文件"
        case .passphraseUnfit: "请选择此长度范围内的口令"
        case .notAnSM2Key: "请用 jiuding key new 新建密钥"
        case .scalarOutOfRange: "请另取一个数"
        case .ciphertextMalformed: "请核对发送方所用格式：DER、C1C3C2 或 C1C2C3"
        case .ciphertextRefused: "请核对密钥，并重新获取密文"
        case .lengthOutOfRange: "请分段处理，或只加密一个密钥并用它封装内容"
        case .libraryFailed: "请确认 libcrypto 3 安装完整，然后反馈此问题"
        case .protectionUnsupported, .iterationsOutOfRange, .authority, .credential, .share, .device: fix
        }
    }
}
