// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// Evidence: deposit, verify, look up.
struct EvidenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evidence",
        abstract: phrase("Deposit files' digests, verify receipts, look records up.", zh: "存证、核验回执、查询记录。"),
        subcommands: [EvidencePut.self, EvidenceVerify.self, EvidenceShow.self, EvidenceList.self])
}
