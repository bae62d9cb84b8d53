// SPDX-License-Identifier: Apache-2.0
import Foundation
import ShangMi

/// What a measurement ran on: figures mean nothing without it.
enum BenchMachine {
    static var json: JSONText {
        [
            "cpu": .text(cpu), "cores": .whole(ProcessInfo.processInfo.activeProcessorCount),
            "features": .list(features.map { .text($0) }),
        ]
    }

    static func versions(openssl: String? = nil) -> JSONText {
        ["jiuding": .text(BuildVersion.text), "swift": .text(swift), "openssl": .maybe(openssl)]
    }

    static var line: String {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        return phrase(
            "\(cpu), \(cores) cores, \(features.joined(separator: " "))",
            zh: "\(cpu)，\(cores) 核，\(features.joined(separator: " "))")
    }

    /// The code paths this machine can run.
    static var features: [String] {
        [CodePath.avx2, .avx512, .avx512ifma, .aesni, .gfni].filter(\.isSupported).map(\.rawValue)
    }

    private static var cpu: String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
    }

    private static var swift: String {
        #if swift(>=6.4)
        "6.4 or later"
        #else
        "6.3"
        #endif
    }
}
