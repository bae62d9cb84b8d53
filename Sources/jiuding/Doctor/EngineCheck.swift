// SPDX-License-Identifier: Apache-2.0
import Execution
import ShangMi
import WasmtimeEngine

/// Whether this machine could run contracts.
enum EngineCheck {
    static func finding() -> Finding {
        let name = phrase("contract engine", zh: "合约引擎")
        let fix = phrase(
            "run scripts/wasmtime --again, or name its file in \(NodeEngine.variable); chains with contracts need it",
            zh: "请运行 scripts/wasmtime --again，或用 \(NodeEngine.variable) 指定文件；仅部署了合约的链需要")
        do throws(EngineTrouble) {
            let library = try NodeEngine(cacheIn: nil).engine().library
            return .ok(name, "wasmtime \(WasmtimeLibrary.version), SM3 \(library.digest.hex.prefix(16))…")
        } catch {
            return .warn(name, error.what, fix: fix)
        }
    }
}
