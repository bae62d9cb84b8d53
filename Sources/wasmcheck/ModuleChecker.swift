// SPDX-License-Identifier: Apache-2.0
import Foundation
import Wasm

/// Feeds module files to the Wasm floor, for tests against other implementations and for whoever writes contracts.
///
/// - `wasmcheck check FILE…`: a line for each file, `ok` or `JD-2541 byte 37`.
/// - `wasmcheck instrument GAS DEPTH FILE OUT [FILE OUT …]`: the same lines; writes what instrumentation makes of each,
///   with so much gas and depth in a fresh instance.
///
/// Exit: 0 where all are accepted, 1 where one is refused, 2 for wrong usage or files that cannot be read.
struct ModuleChecker {
    private let arguments: [String]

    init(_ arguments: [String]) { self.arguments = arguments }

    func run() -> Int32 {
        switch arguments.first {
        case "check" where arguments.count > 1: return each(arguments.dropFirst()) { _ in nil }
        case "instrument":
            guard arguments.count > 4, arguments.count % 2 == 1, let gas = Int64(arguments[1]),
                let depth = Int32(arguments[2])
            else { return usage() }
            let files = arguments.dropFirst(3)
            return each(files.indices.filter { $0 % 2 == 1 }.map { files[$0] }[...]) { index in
                Order(out: files[4 + 2 * index], gas: gas, depth: depth)
            }
        default: return usage()
        }
    }

    /// Where to write an instrumented module, and with what.
    private struct Order {
        let out: String
        let gas: Int64
        let depth: Int32
    }

    private func each(_ files: ArraySlice<String>, _ order: (Int) -> Order?) -> Int32 {
        var status: Int32 = 0
        for (index, file) in files.enumerated() {
            guard let data = FileManager.default.contents(atPath: file) else {
                print("cannot read \(file)")
                return 2
            }
            do {
                let module = try WasmModule(decoding: [UInt8](data))
                if let order = order(index) {
                    let bytes = module.instrumented(gasAtStart: order.gas, depthAtStart: order.depth)
                    try Data(bytes).write(to: URL(filePath: order.out))
                }
                print("ok")
            } catch let flaw as WasmFlaw {
                print("JD-\(flaw.code) \(flaw)")
                status = 1
            } catch {
                print("cannot write: \(error)")
                return 2
            }
        }
        return status
    }

    private func usage() -> Int32 {
        print("usage: wasmcheck check FILE… | wasmcheck instrument GAS DEPTH FILE OUT [FILE OUT …]")
        return 2
    }
}
