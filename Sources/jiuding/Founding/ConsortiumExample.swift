// SPDX-License-Identifier: Apache-2.0
package import Foundation
import Ledger

/// A whole `consortium.yaml`: four organisations on four clouds, to be tried out on one machine.
/// - Spec: FOUND-1.
package enum ConsortiumExample {
    /// Founded at the beginning of today.
    package static func text(founded: Date) -> String {
        let day = Int(founded.timeIntervalSince1970) / 86_400 * 86_400
        let time = Date(timeIntervalSince1970: TimeInterval(day)).formatted(.iso8601)
        let organizations = [
            ("bigdata", "市大数据局", "11350100MB0000017M", "移动云"), ("market", "市市场监督管理局", "11350100MB0000025G", "电信云"),
            ("tax", "市税务局", "11350100MB0000033B", "联通云"), ("court", "市中级人民法院", "11350100MB00000416", "广电云"),
        ]
        let head = """
            # What all organisations agree on before a chain is founded; each holds the same. docs/spec/founding.md
            # 各单位建链前的共同约定，内容须一致。
            consortium: 1
            chain: main
            founded: \(time)
            rules: \(RuleVersion.newest.value)
            organizations:

            """
        return organizations.enumerated().reduce(into: head) { text, item in
            let (index, (id, name, code, cloud)) = item
            text += """
                  - id: \(id)
                    name: \(name)
                    credit-code: \(code)
                    region: 350100
                    cloud: \(cloud)
                    site: 一号机房
                    validators:
                      - name: \(id)-1
                        addresses: 127.0.0.1:\(8_700 + index)
                        gateway: 127.0.0.1:\(8_600 + index)
                    members:
                      - name: admin
                        roles: [orgAdmin, operator, user]

                """
        }
    }
}
