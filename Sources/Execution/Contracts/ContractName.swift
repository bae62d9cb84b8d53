// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger

/// What contracts and templates may be called.
/// - Spec: CTR-7.
package enum ContractName {
    /// Lower-case letters, digits and hyphens, a letter first, at most 32; none of the chain's own names.
    package static func fits(_ name: Label) -> Bool {
        guard let first = name.utf8.first, isLetter(first), name.utf8.count <= 32 else { return false }
        guard name.utf8.allSatisfy({ isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2d }) else { return false }
        return !isReserved(name)
    }

    /// The template's name and a hyphen come first: whoever may use a template takes no name that others expect.
    static func fits(_ name: Label, madeOf template: Label) -> Bool {
        fits(name) && name.utf8.starts(with: template.utf8 + [0x2d]) && name.utf8.count > template.utf8.count + 1
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) }

    private static func isReserved(_ name: Label) -> Bool {
        Platform.owns(name) || isNative(name) || name.utf8.starts(with: Array("jd-".utf8))
    }

    /// Contracts that came with the program and that policies reach.
    static func isNative(_ name: Label) -> Bool { name == Deposit.contract || name == ContractsContract.contract }
}

/// Arguments of a transaction that calls a contract which is not the platform's, nor `evidence`: what it may use comes
/// first.
/// - Spec: CTR-15.
package struct PursedArguments: Hashable, Sendable {
    /// Gas put aside for what the contract does.
    package let purse: UInt64
    /// What the contract gets.
    package let argument: [UInt8]

    package init(purse: UInt64, argument: [UInt8]) {
        self.purse = purse
        self.argument = argument
    }

    /// - Returns: nil where the bytes do not begin with a purse.
    package init?(decoding bytes: [UInt8]) {
        var decoder = Decoder(bytes)
        guard let purse = try? decoder.number(max: ContractLimits.purseMax) else { return nil }
        self.purse = purse
        argument = Array(bytes[decoder.offset...])
    }

    package var encoded: [UInt8] {
        var encoder = Encoder(reserving: argument.count + 8)
        encoder.number(purse)
        encoder.raw(argument)
        return encoder.bytes
    }

    /// The purse alone; 0 where there is none.
    static func purse(in bytes: [UInt8]) -> UInt64 {
        var decoder = Decoder(bytes)
        return (try? decoder.number(max: ContractLimits.purseMax)) ?? 0
    }
}
