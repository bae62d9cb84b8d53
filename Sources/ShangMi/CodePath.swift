// SPDX-License-Identifier: Apache-2.0
#if arch(x86_64) && canImport(CShangMi)
internal import CShangMi
#endif

/// Which instructions the arithmetic runs on. Every path gives the same answer to every question (CRYPTO-8).
package enum CodePath: String, Hashable, Sendable {
    /// Swift alone, on any machine.
    case portable
    /// One block with rotations that leave their source as it is.
    case bmi2
    /// Eight 32-bit lanes.
    case avx2
    /// Sixteen 32-bit lanes.
    case avx512
    /// Eight 64-bit lanes with 52-bit multiplication.
    case avx512ifma
    /// Four blocks of SM4 through the AES instructions, and carry-less multiplication.
    case aesni
    /// Sixteen blocks of SM4 through inversion in GF(2⁸), and carry-less multiplication.
    case gfni

    /// The path new verifiers take. `JIUDING_SIMD=off` in the environment makes it portable.
    package static var sm2: CodePath { best(of: [.avx512ifma]) }

    /// The path many hashes at once take.
    package static var sm3: CodePath { best(of: [.avx512, .avx2]) }

    /// The path one hash alone takes.
    package static var sm3Alone: CodePath { best(of: [.bmi2]) }

    /// The path block encryption takes.
    package static var sm4: CodePath { best(of: [.gfni, .aesni]) }

    /// Whether this machine can run the path at all, whatever the environment wishes.
    package var isSupported: Bool {
        #if arch(x86_64) && canImport(CShangMi)
        switch self {
        case .portable: return true
        case .bmi2: return shangmi_cpu_has_bmi2()
        case .avx2: return shangmi_cpu_has_avx2()
        case .avx512: return shangmi_cpu_has_avx512()
        case .avx512ifma: return shangmi_cpu_has_avx512ifma()
        case .aesni: return shangmi_cpu_has_aesni()
        case .gfni: return shangmi_cpu_has_gfni()
        }
        #else
        return self == .portable
        #endif
    }

    private static func best(of paths: [CodePath]) -> CodePath {
        #if arch(x86_64) && canImport(CShangMi)
        if shangmi_simd_is_off() { return .portable }
        #endif
        return paths.first { $0.isSupported } ?? .portable
    }
}
