// SPDX-License-Identifier: Apache-2.0
import Ledger
import Testing
import jiuding

struct TitleTests {
    @Test("a title of any length becomes a label, cut between characters and never within one")
    func cut() {
        #expect(Title.label("contract.pdf").text == "contract.pdf")
        let long = Title.label(String(repeating: "证", count: 200))
        #expect(long.utf8.count == 255 && long.text == String(repeating: "证", count: 85))
        let family = "👨‍👩‍👧‍👦"
        let joined = Title.label(String(repeating: "a", count: 250) + family)
        #expect(joined.text == String(repeating: "a", count: 250))
    }

    @Test("characters a label refuses become spaces")
    func controls() {
        #expect(Title.label("a\tb\nc\u{202e}d").text == "a b c d")
        #expect(Title.label("").text == "")
    }

    @Test("the media type follows the name's ending and is unknown where there is none")
    func media() {
        #expect(MediaType.named("a.PDF") == "application/pdf")
        #expect(MediaType.named("archive.tar.gz") == "application/gzip")
        #expect(MediaType.named(".profile") == MediaType.unknown)
        #expect(MediaType.named("README") == MediaType.unknown)
        #expect(MediaType.named("a.") == MediaType.unknown)
    }

    @Test("the language is what the command says, else what the environment says, else English")
    func language() {
        #expect(Language(arguments: ["j", "up", "--lang", "zh"], environment: ["LANG": "en_GB.UTF-8"]) == .chinese)
        #expect(Language(arguments: ["j", "--lang=en"], environment: ["LANG": "zh_CN.UTF-8"]) == .english)
        #expect(Language(arguments: ["j"], environment: ["LANG": "zh_CN.UTF-8"]) == .chinese)
        #expect(Language(arguments: ["j"], environment: ["LC_ALL": "C", "LANG": "zh_CN.UTF-8"]) == .english)
        #expect(Language(arguments: ["j", "--", "--lang", "zh"], environment: [:]) == .english)
    }
}
