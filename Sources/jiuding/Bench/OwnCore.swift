// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The last core for one process and the others for the rest, as if the one stood on a machine of its own.
///
/// In the field every node has its own machine: what a node that catches up costs the others is then the ranges they
/// serve it. On shared cores a measurement shows first of all how the kernel divides the cores between them.
struct OwnCore: Sendable {
    /// Cores `0..<shared` are the others'; core `shared` is the one's.
    private let shared: Int

    /// Nil where there is one core only.
    init?() {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        guard cores > 1 else { return nil }
        shared = cores - 1
    }

    func confineOthers(_ processes: [Int32]) throws(Failure) {
        for each in processes { try confine(each, to: shared == 1 ? "0" : "0-\(shared - 1)") }
    }

    func confineOne(_ process: Int32) throws(Failure) { try confine(process, to: "\(shared)") }

    /// Every thread there is now; those that begin later inherit it.
    private func confine(_ process: Int32, to cores: String) throws(Failure) {
        let taskset = Process()
        taskset.executableURL = URL(filePath: "/usr/bin/taskset")
        taskset.arguments = ["--all-tasks", "--cpu-list", "--pid", cores, "\(process)"]
        taskset.standardOutput = FileHandle.nullDevice
        do { try taskset.run() } catch { throw OwnCore.noTaskset }
        taskset.waitUntilExit()
        guard taskset.terminationStatus == 0 else { throw OwnCore.noTaskset }
    }

    private static var noTaskset: Failure {
        Failure.usage(
            phrase("--own-core needs taskset, which did not work", zh: "--own-core 需要 taskset，执行失败"),
            fix: phrase("install util-linux, or leave --own-core out", zh: "请安装 util-linux，或去掉 --own-core"))
    }
}
