// SPDX-License-Identifier: Apache-2.0
package import Ledger
package import Storage

/// Asks what a block's execution asks before each call, and nothing else: what a permission costs, measured.
package struct PermissionProbe<Store: KeyValueStore> {
    private var context: CallContext<Store>

    /// - Parameter header: of the block the calls would stand in.
    package init(_ tree: StateTree<Store>, header: Header) {
        context = CallContext(block: header, state: StateView(tree))
    }

    /// - Returns: success, or what keeps the account from the call.
    package mutating func check(
        _ account: AccountID, _ contract: Label, _ method: Label, _ arguments: [UInt8] = []
    ) throws(StoreError) -> ResultCode {
        context.begin(contract, sender: account, index: 0)
        do {
            return try context.authorize(contract, method, arguments)
        } catch {
            switch error {
            case .store(let error): throw error
            case .result(let code): return code
            case .engine(let trouble): throw .failed(what: trouble.what)
            }
        }
    }

    /// What was remembered is forgotten, as after a change of members or policies.
    package mutating func forget() { context.rights.forget() }
}
