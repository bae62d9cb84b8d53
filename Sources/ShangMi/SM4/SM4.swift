// SPDX-License-Identifier: Apache-2.0
#if canImport(CShangMi)
internal import CShangMi
#endif

/// The SM4 block cipher (GB/T 32907-2016) under one key, in a time that does not depend on key or text.
///
/// - Spec: CRYPTO-11, CRYPTO-14.
package struct SM4: Sendable {
    package static let keyBytes = 16
    package static let blockBytes = 16

    /// Which way blocks go.
    package enum Direction: Sendable { case encrypting, decrypting }

    /// 32 round keys in the order they are used.
    private let roundKeys: SecretWords
    let path: CodePath

    /// - Parameter path: nil for the best there is (`CodePath.sm4`); else `.portable`, `.aesni` or `.gfni`, and
    ///   supported.
    /// - Cost: about 10 µs.
    package init(key: [UInt8], _ direction: Direction = .encrypting, path: CodePath? = nil) {
        let path = path ?? .sm4
        precondition([.portable, .aesni, .gfni].contains(path) && path.isSupported, "SM4 has no such path here")
        self.path = path
        let keys = SlicedSM4.schedule(key)
        roundKeys = SecretWords(direction == .encrypting ? keys : keys.reversed())
    }

    /// Transforms whole blocks in place, each alone.
    package func transform(_ bytes: inout [UInt8], from start: Int, count: Int) {
        precondition(
            start >= 0 && count >= 0 && count % SM4.blockBytes == 0 && start <= bytes.count - count,
            "whole blocks within the bytes")
        #if arch(x86_64) && canImport(CShangMi)
        if path != .portable {
            // SAFETY: the range lies within the array (above), the kernels read and write `count` bytes of it, the 32
            // keys are alive during the call, and the path is supported (`init`).
            unsafe bytes.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                let place = unsafe base + start
                unsafe roundKeys.withWords { keys in
                    if path == .gfni {
                        unsafe shangmi_sm4_gfni(keys, place, place, count / SM4.blockBytes)
                    } else {
                        unsafe shangmi_sm4_aesni(keys, place, place, count / SM4.blockBytes)
                    }
                }
            }
            return
        }
        #endif
        let keys = roundKeys.words
        var done = 0
        while done < count {
            let blocks = min(SlicedSM4.blocksAtOnce, (count - done) / SM4.blockBytes)
            SlicedSM4.transform(&bytes, from: start + done, blocks: blocks, keys: keys)
            done += blocks * SM4.blockBytes
        }
    }
}

extension SM4 {
    /// Encrypts the whole blocks from `start` on in place, each after adding the one before it, the first after
    /// `vector`.
    func chain(_ bytes: inout [UInt8], from start: Int, vector: [UInt8]) {
        precondition(vector.count == SM4.blockBytes, "a vector is one block")
        precondition((bytes.count - start) % SM4.blockBytes == 0, "whole blocks")
        #if arch(x86_64) && canImport(CShangMi)
        if path != .portable {
            // SAFETY: the kernels read a vector of 16 bytes and transform whole blocks from `start` to the end of the
            // array; the 32 keys are alive during the call, and the path is supported (`init`).
            unsafe bytes.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                let (place, blocks) = unsafe (base + start, (buffer.count - start) / SM4.blockBytes)
                unsafe roundKeys.withWords { keys in
                    if path == .gfni {
                        unsafe shangmi_sm4_chain_gfni(keys, vector, place, blocks)
                    } else {
                        unsafe shangmi_sm4_chain_aesni(keys, vector, place, blocks)
                    }
                }
            }
            return
        }
        #endif
        var previous = vector
        for block in stride(from: start, to: bytes.count, by: SM4.blockBytes) {
            for index in 0..<SM4.blockBytes { bytes[block + index] ^= previous[index] }
            transform(&bytes, from: block, count: SM4.blockBytes)
            previous = Array(bytes[block..<block + SM4.blockBytes])
        }
    }

    /// Adds the key stream of counter mode in place: the blocks nonce ‖ counter, encrypted, counters from `first` on.
    ///
    /// 4 KiB at a time keep the lanes full and the stream in the nearest cache.
    /// - Parameter nonce: 12 bytes.
    func addStream(_ bytes: inout [UInt8], _ range: Range<Int>, nonce: [UInt8], first: UInt32) {
        precondition(
            nonce.count == 12 && range.upperBound <= bytes.count, "a nonce of 12 bytes, a range within the bytes")
        let step = 256 * SM4.blockBytes
        var stream = [UInt8](repeating: 0, count: min(step, (range.count + 15) / 16 * 16))
        for place in stream.indices where place % SM4.blockBytes < 12 { stream[place] = nonce[place % SM4.blockBytes] }
        let template = stream
        var counter = first
        for start in stride(from: range.lowerBound, to: range.upperBound, by: step) {
            let count = min(step, range.upperBound - start)
            let blocks = (count + SM4.blockBytes - 1) / SM4.blockBytes
            if start > range.lowerBound { stream = template }
            // SAFETY: the stream has room for all its blocks.
            unsafe stream.withUnsafeMutableBufferPointer { stream in
                for block in 0..<blocks {
                    let number = counter &+ UInt32(block)
                    for index in 0..<4 {
                        unsafe stream[block &* 16 &+ 12 &+ index] = UInt8(
                            truncatingIfNeeded: number &>> UInt32(24 &- 8 &* index))
                    }
                }
            }
            counter += UInt32(blocks)
            transform(&stream, from: 0, count: blocks * SM4.blockBytes)
            // SAFETY: `count` bytes from `start` on lie within the range, and within the stream.
            unsafe bytes.withUnsafeMutableBufferPointer { bytes in
                unsafe stream.withUnsafeBufferPointer { stream in
                    for index in 0..<count { unsafe bytes[start &+ index] ^= stream[index] }
                }
            }
        }
        SecretBytes.wipe(&stream)
    }
}

/// Round keys, wiped when the last reference goes.
@safe final class SecretWords: Sendable {
    // SAFETY: written in `init` only, before anyone else can hold the object; read-only until `deinit`.
    nonisolated(unsafe) private let buffer: UnsafeMutableBufferPointer<UInt32>

    init(_ words: [UInt32]) {
        unsafe buffer = .allocate(capacity: words.count)
        // SAFETY: the buffer was allocated with exactly this many words.
        for index in words.indices { unsafe buffer[index] = words[index] }
    }

    deinit {
        #if canImport(CShangMi)
        // SAFETY: this is the last use of memory this object owns.
        if let start = unsafe buffer.baseAddress { unsafe shangmi_wipe(start, 4 * buffer.count) }
        #endif
        unsafe buffer.deallocate()
    }

    // SAFETY: the buffer is alive as long as `self` is.
    var words: [UInt32] { withExtendedLifetime(self) { unsafe [UInt32](buffer) } }

    /// Lends the words for the time of one call.
    func withWords(_ body: (UnsafePointer<UInt32>) -> Void) {
        // SAFETY: `self` is alive until `body` returns.
        withExtendedLifetime(self) {
            if let start = unsafe buffer.baseAddress { unsafe body(UnsafePointer(start)) }
        }
    }
}
