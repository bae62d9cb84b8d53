// SPDX-License-Identifier: Apache-2.0

/// What every tracked file owes: a licence line, honest mode bits, and nothing of the machine it was written
/// on.
enum LayoutRules {
    static let licence = "SPDX-License-Identifier: Apache-2.0"
    static let licensed = [".swift", ".c", ".h", ".cpp", ".py", ".sh"]

    // Written apart so that this file passes its own rule.
    static let machinePaths = ["work", "root", "tmp", "home"].map { "/" + $0 + "/" }
    static let registryHosts = [
        ["pypi", "org"], ["pythonhosted", "org"], ["registry.npmjs", "org"], ["crates", "io"],
        ["ghcr", "io"],
        ["docker", "io"], ["proxy.golang", "org"],
    ].map { $0.joined(separator: ".") }
}

extension SourceFile {
    func layoutFindings() -> [Finding] {
        var found: [Finding] = []
        let isScript = lines.first?.hasPrefix("#!") ?? false
        if isScript || LayoutRules.licensed.contains(where: path.hasSuffix) {
            // A shebang and SwiftPM's own first line have to stand first; then the licence comes second.
            let mustYield = isScript || lines.first?.hasPrefix("// swift-tools-version") == true
            let place = mustYield ? 1 : 0
            if lines.count <= place || !lines[place].contains(LayoutRules.licence) {
                found.append(Finding(path, place + 1, .licence, "this line must say \(LayoutRules.licence)"))
            }
        }
        if isScript != isExecutable {
            let sentence =
                isScript ? "starts with #! but cannot be run" : "can be run but does not start with #!"
            found.append(Finding(path, 1, .executable, sentence))
        }
        for (index, line) in lines.enumerated() {
            for name in LayoutRules.machinePaths where hasPath(name, in: line) {
                found.append(Finding(path, index + 1, .machinePath, "\(name) exists on one machine only"))
            }
            for host in LayoutRules.registryHosts where line.contains(host) {
                found.append(
                    Finding(
                        path, index + 1, .machinePath, "\(host) is a registry; its client knows it already"))
            }
        }
        return found
    }

    /// True where an absolute path starts with `name`: nothing that could be a longer path stands before it.
    private func hasPath(_ name: String, in line: String) -> Bool {
        guard line.contains(name) else { return false }
        let pieces = line.split(separator: name, omittingEmptySubsequences: false)
        return pieces.dropLast().contains { piece in
            guard let before = piece.last else { return true }
            return !(before.isLetter || before.isNumber || "._-*}$/)".contains(before))
        }
    }
}
