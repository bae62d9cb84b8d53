// SPDX-License-Identifier: Apache-2.0

/// What a person sees who opens the gateway in a browser: one page, no script, nothing fetched from
/// elsewhere.
struct FrontPage {
    let version: String
    let chains: [String]

    var html: String {
        let items = chains.map { name in
            let path = "/v1/chains/\(FrontPage.pathSegment(name))"
            return "<li>\(FrontPage.escape(name)): <a href=\"\(path)\">status</a>, "
                + "<a href=\"\(path)/blocks\">blocks</a>, <a href=\"\(path)/trust\">trust anchor</a></li>"
        }
        return """
            <!doctype html>
            <html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>Jiuding 九鼎</title>
            <style>
            body{font:16px/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}
            </style>
            <h1>Jiuding 九鼎</h1>
            <p>The gateway of a node of a consortium blockchain, version \(FrontPage.escape(version)).
            It takes signed transactions, answers reads with proofs, and keeps evidence.</p>
            <ul>
            \(items.joined(separator: "\n"))
            <li><a href="/v1/node">this node</a>, <a href="/readyz">readiness</a>,
            <a href="/metrics">metrics</a></li>
            <li><a href="/openapi.json">the interface as OpenAPI 3.1</a></li>
            </ul>
            </html>

            """
    }

    private static func escape(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
    }

    private static func pathSegment(_ text: String) -> String {
        text.utf8.reduce(into: "") { escaped, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default: escaped += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}
