// SPDX-License-Identifier: Apache-2.0
import Foundation
import KeyCustody
package import ShangMi

/// Which certificates and revocation lists on this machine run out soon.
/// - Spec: CERT-17.
package enum CertificateChecks {
    /// Deeper or more than this is no folder of certificates.
    static let depthMax = 6
    static let filesMax = 10_000
    /// Folders that hold a node's blocks and logs: many files, none of them a certificate.
    private static let skipped: Set<String> = ["store", "log", "index"]

    /// - Parameters:
    ///   - named: files and folders a person named: what cannot be read there is a failure.
    ///   - data: looked through where none was named.
    package static func findings(
        _ named: [String], data: String, now: CertificateTime = .now
    ) -> [Finding] {
        let title = phrase("certificates", zh: "证书")
        let paths = named.isEmpty ? files(below: data) : named.flatMap { isFolder($0) ? files(below: $0) : [$0] }
        var calendar = CertificateCalendar()
        var findings: [Finding] = []
        var count = 0
        for path in paths {
            do throws(CustodyError) {
                for content in try CredentialFile.contents(at: path) { count += add(content, path, to: &calendar) }
            } catch {
                // A key beside the certificates is no certificate, and no fault.
                guard named.contains(path) || claimsCertificate(path) else { continue }
                let failure = Failure(error)
                findings.append(.fail(title, failure.line, fix: failure.fix))
            }
        }
        let standings = calendar.standings(at: now)
        findings += standings.compactMap { finding($0, title) }
        guard findings.isEmpty else { return findings }
        guard let first = standings.first else {
            return [.ok(title, phrase("none below \(data)", zh: "\(data) 下没有证书"))]
        }
        return [
            .ok(
                title,
                phrase(
                    "\(count), the first ends in \(first.daysLeft) days: \(first.name)",
                    zh: "\(count) 个，最早 \(first.daysLeft) 天后到期：\(first.name)"))
        ]
    }

    /// - Returns: 1 for what runs out some time, 0 for a request.
    private static func add(
        _ content: CredentialFile.Content, _ path: String, to calendar: inout CertificateCalendar
    ) -> Int {
        switch content {
        case .certificate(let certificate):
            calendar.add(certificate, named: "\(path) (\((certificate.subject.commonName ?? "?").visible))")
        case .list(let list): calendar.add(list, named: path)
        case .request: return 0
        }
        return 1
    }

    /// - Returns: nil for what is far from its end.
    private static func finding(_ standing: CertificateCalendar.Standing, _ title: String) -> Finding? {
        let (name, days) = (standing.name, standing.daysLeft)
        let fix = phrase(
            "renew it with jiuding ca renew, a revocation list with jiuding ca crl, a root by founding a new one",
            zh: "证书用 jiuding ca renew 续期，吊销列表用 jiuding ca crl 重新发布，根证书须新建机构")
        if standing.step == .expired {
            return .fail(
                title, phrase("\(name) expired at \(standing.ends.text)", zh: "\(name) 已于 \(standing.ends.text) 过期"),
                fix: fix)
        }
        if standing.isEarly {
            return .warn(
                title,
                phrase(
                    "\(name) holds only from \(standing.begins.text) on", zh: "\(name) 自 \(standing.begins.text) 起才有效"),
                fix: phrase("check this machine's clock", zh: "请核对本机时钟"))
        }
        guard let step = standing.step.days else { return nil }
        return .warn(
            title,
            phrase(
                "\(name) ends in \(days) days: the \(step)-day warning", zh: "\(name) 将在 \(days) 天后到期（\(step) 天提醒）"),
            fix: fix)
    }

    // MARK: Finding them

    private static func isFolder(_ path: String) -> Bool {
        let url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        return (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory == true
    }

    /// Every `.crt`, `.cer`, `.pem` and `.crl` below a folder, in the order of their paths.
    private static func files(below folder: String) -> [String] {
        let root = URL(fileURLWithPath: folder)
        guard
            let walk = FileManager.default.enumerator(
                at: root, includingPropertiesForKeys: [.isDirectoryKey], options: [.skipsHiddenFiles])
        else { return [] }
        var found: [String] = []
        for case let url as URL in walk {
            if walk.level > depthMax || skipped.contains(url.lastPathComponent) {
                walk.skipDescendants()
                continue
            }
            guard ["crt", "cer", "pem", "crl"].contains(url.pathExtension), !isFolder(url.path) else { continue }
            let relative = url.standardizedFileURL.path.dropFirst(root.standardizedFileURL.path.count)
            found.append(folder + relative)
            if found.count == filesMax { break }
        }
        return found.sorted()
    }

    /// Whether a file that cannot be read says that it is one of ours.
    private static func claimsCertificate(_ path: String) -> Bool { !path.hasSuffix(".pem") }
}
