// SPDX-License-Identifier: Apache-2.0

/// What can be wrong at one place of a form, and what would be right there.
/// - Spec: KIT-18.
package enum FormFault: Hashable, Sendable {
    case noMap, noText, noFlag, noNumber
    case missing
    case length(max: Int)
    case noWord(String)
    case tooMany(max: Int)
    /// A key that nobody asks for; what may stand there.
    case unknown(known: [String])
    case twice(String)
    /// A word of the form that names nothing; what it could name.
    case noSuch(String, known: [String])
    case viewName
    case choices
    case tooLong(max: UInt64)
    case bounds
    case noIndex
    case keyLoose(String)
    case keyKind(String)
    case none
    case fixed(String)
    case signatures
    case noMoment
    case formTooLarge
    case titlesTooLong
    /// It names what is itself flawed, which is told there; never told.
    case follows

    package var english: String {
        switch self {
        case .noMap: "must hold names with values"
        case .noText: "must be a text"
        case .noFlag: "must be true or false"
        case .noNumber: "must be a number from 0 to 2^64 - 1"
        case .missing: "is missing"
        case .length(let max): "must be 1 to \(max) bytes of UTF-8"
        case .noWord(let text): "must be a word of a-z, 0-9 and -, not '\(text)'"
        case .tooMany(let max): "holds more than \(max)"
        case .unknown: "is not known here"
        case .twice(let name): "'\(name)' is taken already"
        case .noSuch(let word, _): "there is no '\(word)'"
        case .viewName: "begins with by-, as the views' names do"
        case .choices: "belong to a field of type choice, and to no other"
        case .tooLong(let max): "is more than \(max) bytes"
        case .bounds: "is above max"
        case .noIndex: "takes no flag, no bytes, no text of more than 64 bytes"
        case .keyLoose(let name): "'\(name)' could change or be missing"
        case .keyKind(let name): "'\(name)' has a type that names no record"
        case .none: "is empty"
        case .fixed(let name): "'\(name)' is fixed"
        case .signatures: "is not 1 to 32, or stands beside sets"
        case .noMoment: "must name one field of type moment"
        case .formTooLarge: "is larger than a contract's start takes"
        case .titlesTooLong: "has more titles than a module's description takes"
        case .follows: "follows from another mistake"
        }
    }

    package var chinese: String {
        switch self {
        case .noMap: "应为键值对"
        case .noText: "应为文本"
        case .noFlag: "应为 true 或 false"
        case .noNumber: "应为 0 到 2^64 - 1 的数"
        case .missing: "缺失"
        case .length(let max): "应为 1 到 \(max) 字节的 UTF-8 文本"
        case .noWord(let text): "应为由 a-z、0-9 和 - 组成的单词，而非“\(text)”"
        case .tooMany(let max): "多于 \(max) 项"
        case .unknown: "不是此处可用的键"
        case .twice(let name): "“\(name)”已被使用"
        case .noSuch(let word, _): "没有“\(word)”"
        case .viewName: "以 by- 开头，与查询方法重名"
        case .choices: "只能用于类型为 choice 的字段"
        case .tooLong(let max): "超过 \(max) 字节"
        case .bounds: "大于 max"
        case .noIndex: "不能用于 flag、bytes 或超过 64 字节的 text"
        case .keyLoose(let name): "“\(name)”可能缺失或改变"
        case .keyKind(let name): "“\(name)”的类型不能用作记录编号"
        case .none: "为空"
        case .fixed(let name): "“\(name)”不可更改"
        case .signatures: "不在 1 到 32 之间，或与 sets 同时出现"
        case .noMoment: "应指明一个类型为 moment 的字段"
        case .formTooLarge: "超出合约初始化参数的上限"
        case .titlesTooLong: "标题超出模块自述的上限"
        case .follows: "由另一处错误引起"
        }
    }

    package var fix: String {
        switch self {
        case .noMap: "write name: value, each on a line of its own and indented alike"
        case .noText: "write one text; put quotes around what YAML would read otherwise"
        case .noFlag: "write true or false"
        case .noNumber: "write digits alone"
        case .missing: "add it"
        case .length(let max): "shorten it to \(max) bytes (a Chinese character has 3), or write something"
        case .noWord: "begin with a-z, then a-z, 0-9 and -; what people read belongs into title"
        case .tooMany(let max): "keep to \(max)"
        case .unknown(let known): "here may stand: \(known.joined(separator: ", "))"
        case .twice: "take another name, or remove one of the two"
        case .noSuch(_, let known): "write one of: \(known.joined(separator: ", "))"
        case .viewName: "take another name"
        case .choices: "list the choices of a field of type choice, and remove them from others"
        case .tooLong(let max): "write at most \(max)"
        case .bounds: "let min be at most max"
        case .noIndex: "remove index, or shorten the text with max"
        case .keyLoose: "give that field required: true and fixed: true"
        case .keyKind: "take a number, a digest, a moment, or a text with max of at most 48"
        case .none: "name at least one"
        case .fixed: "remove it here, or remove fixed from the field"
        case .signatures: "write a number from 1 to 32; whoever signs together sets no fields"
        case .noMoment: "name one field of type moment, and only one of before and after"
        case .formTooLarge: "have fewer fields or transitions"
        case .titlesTooLong: "shorten the titles"
        case .follows: "mend the other first"
        }
    }

    package var fixZh: String {
        switch self {
        case .noMap: "请写成 键: 值，各占一行，缩进一致"
        case .noText: "请写一段文本；YAML 会误读的内容请加引号"
        case .noFlag: "请写 true 或 false"
        case .noNumber: "请只写数字"
        case .missing: "请补上"
        case .length(let max): "请缩短到 \(max) 字节以内（一个汉字占 3 字节），且不可为空"
        case .noWord: "以 a-z 开头，其后为 a-z、0-9 或 -；给人看的文字请写在 title 中"
        case .tooMany(let max): "请控制在 \(max) 项以内"
        case .unknown(let known): "此处可用：\(known.joined(separator: "、"))"
        case .twice: "请换一个名称，或删去其中一个"
        case .noSuch(_, let known): "请写其中之一：\(known.joined(separator: "、"))"
        case .viewName: "请换一个名称"
        case .choices: "choice 类型请列出选项；其他类型请删去"
        case .tooLong(let max): "至多写 \(max)"
        case .bounds: "min 不得大于 max"
        case .noIndex: "请删去 index，或用 max 限制文本长度"
        case .keyLoose: "请为该字段写上 required: true 和 fixed: true"
        case .keyKind: "请选用 number、digest、moment，或 max 不超过 48 的 text"
        case .none: "请至少写一个"
        case .fixed: "请在此删去，或删去该字段的 fixed"
        case .signatures: "请写 1 到 32 的数；多方签署的流转不能设置字段"
        case .noMoment: "请指明一个类型为 moment 的字段，且 before 与 after 只用其一"
        case .formTooLarge: "请减少字段或流转"
        case .titlesTooLong: "请缩短标题"
        case .follows: "请先改正另一处"
        }
    }
}
