// SPDX-License-Identifier: Apache-2.0
package import ContractForms

// Literals make a form in a test look like the file it stands for.
extension FormTree: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    package init(stringLiteral value: String) { self = .scalar(value) }
    package init(arrayLiteral elements: FormTree...) { self = .list(elements) }
    package init(dictionaryLiteral elements: (String, FormTree)...) { self = .map(elements.map { ($0.0, $0.1) }) }
}

/// What Contracts/Templates/form/Examples/licence-index.yaml says.
enum LicenceIndex {
    static func tree(_ changed: String? = nil, _ value: FormTree = "") -> FormTree {
        guard case .map(var members) = whole, let changed else { return whole }
        members.removeAll { $0.key == changed }
        if case .scalar("") = value { return .map(members) }
        return .map(members + [(changed, value)])
    }

    static let fields: [FormTree] = [
        [
            "name": "number", "type": "text", "max": "32", "min": "4", "required": "true", "fixed": "true",
            "title": ["zh": "证照编号", "en": "Licence number"],
        ],
        [
            "name": "holder", "type": "text", "max": "64", "required": "true", "fixed": "true", "index": "true",
            "title": ["zh": "持证单位", "en": "Holder"],
        ],
        [
            "name": "kind", "type": "choice", "choices": ["food", "medical", "transport"], "required": "true",
            "title": ["zh": "类别", "en": "Kind"],
        ],
        [
            "name": "expires", "type": "moment", "required": "true", "index": "true",
            "title": ["zh": "有效期至", "en": "Expires"],
        ], ["name": "document", "type": "digest", "title": ["zh": "证照文件摘要", "en": "Digest of the document"]],
        ["name": "reason", "type": "text", "max": "200", "title": ["zh": "理由", "en": "Reason"]],
    ]

    private static let whole: FormTree = [
        "name": "licence-index", "version": "1", "title": ["zh": "证照目录", "en": "Licence index"],
        "operator": "market-bureau", "groups": ["issuer", "reviewer"], "fields": .list(fields), "key": "number",
        "states": [
            ["name": "draft", "title": ["zh": "草稿", "en": "Draft"]],
            ["name": "valid", "title": ["zh": "有效", "en": "Valid"]],
            ["name": "revoked", "title": ["zh": "已吊销", "en": "Revoked"]],
            ["name": "lapsed", "title": ["zh": "已过期", "en": "Lapsed"]],
        ], "create": ["by": ["issuer"], "state": "draft"], "change": ["by": ["creator"], "in": ["draft"]],
        "transitions": [
            [
                "name": "approve", "from": "draft", "to": "valid", "by": ["reviewer"], "signatures": "2",
                "before": "expires", "title": ["zh": "批准", "en": "Approves"],
            ],
            [
                "name": "revoke", "from": ["draft", "valid"], "to": "revoked", "by": ["creator", "reviewer"],
                "sets": ["reason"], "title": ["zh": "吊销", "en": "Revokes"],
            ],
            [
                "name": "lapse", "from": "valid", "to": "lapsed", "by": "anyone", "after": "expires",
                "title": ["zh": "过期", "en": "Marks as lapsed"],
            ],
        ],
    ]
}
