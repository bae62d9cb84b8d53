// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// Numbers modulo the order of the SM2 group, and points, as OpenSSL computes with them: no secret is touched by Swift.
///
/// Not Sendable: the scratch space serves one thread.
@safe final class CurveArithmetic {
    // SAFETY (this type): all pointers are made in `init`, used by one thread, and freed once, in `deinit`.
    private let scratch: OpaquePointer
    private let group: OpaquePointer
    private let order: OpaquePointer

    /// One number, wiped when its last reference goes.
    @safe final class Number {
        fileprivate let pointer: OpaquePointer

        /// Takes ownership.
        fileprivate init(_ pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }

        // SAFETY: the one free of the one owner; the number is wiped.
        deinit { unsafe BN_clear_free(pointer) }

        /// 32 bytes, big-endian.
        var bytes: Secret {
            var bytes = [UInt8](repeating: 0, count: 32)
            // SAFETY: the array has the 32 bytes the call is told of; it is wiped once copied.
            let count = unsafe BN_bn2binpad(pointer, &bytes, 32)
            defer { unsafe OPENSSL_cleanse(&bytes, bytes.count) }
            precondition(count == 32, "a number below the order has at most 32 bytes")
            return Secret(bytes)
        }
    }

    init() throws(CustodyError) {
        // SAFETY: each is checked before it is kept, and freed where a later one fails.
        guard let scratch = unsafe BN_CTX_secure_new() else { throw OpenSSL.failure("reckon with numbers") }
        guard let group = unsafe EC_GROUP_new_by_curve_name(NID_sm2), let order = unsafe EC_GROUP_get0_order(group)
        else {
            unsafe BN_CTX_free(scratch)
            throw OpenSSL.failure("find the SM2 curve")
        }
        unsafe (self.scratch, self.group, self.order) = unsafe (scratch, group, order)
    }

    deinit {
        // SAFETY: the order is the group's own and goes with it.
        unsafe EC_GROUP_free(group)
        unsafe BN_CTX_free(scratch)
    }

    // MARK: Numbers

    private func fresh() throws(CustodyError) -> Number {
        guard let number = unsafe BN_secure_new() else { throw OpenSSL.failure("make a number") }
        unsafe BN_set_flags(number, BN_FLG_CONSTTIME)
        return unsafe Number(number)
    }

    func number(_ value: Int) throws(CustodyError) -> Number {
        let number = try fresh()
        guard unsafe BN_set_word(number.pointer, UInt(value)) == 1 else { throw OpenSSL.failure("make a number") }
        return number
    }

    /// - Parameter bytes: 32, big-endian.
    /// - Throws: `.scalarOutOfRange` where they are not below the order.
    func number(_ bytes: Secret) throws(CustodyError) -> Number {
        let number = try fresh()
        // SAFETY: the count goes with the bytes.
        let read = unsafe bytes.withBytes { unsafe BN_bin2bn($0.baseAddress, Int32($0.count), number.pointer) != nil }
        guard read else { throw OpenSSL.failure("read a number") }
        guard unsafe BN_cmp(number.pointer, order) < 0 else { throw .scalarOutOfRange }
        return number
    }

    func number(of key: PrivateKey) throws(CustodyError) -> Number {
        var number: OpaquePointer?
        // SAFETY: the call gives us a number of our own.
        guard unsafe EVP_PKEY_get_bn_param(key.pointer, "priv", &number) == 1, let number = unsafe number else {
            throw OpenSSL.failure("read a private number")
        }
        unsafe BN_set_flags(number, BN_FLG_CONSTTIME)
        return unsafe Number(number)
    }

    /// Below the order, from the system's generator.
    func random() throws(CustodyError) -> Number {
        let number = try fresh()
        guard unsafe BN_priv_rand_range(number.pointer, order) == 1 else { throw OpenSSL.failure("draw a number") }
        return number
    }

    func sum(_ first: Number, _ second: Number) throws(CustodyError) -> Number {
        let result = try fresh()
        guard unsafe BN_mod_add(result.pointer, first.pointer, second.pointer, order, scratch) == 1 else {
            throw OpenSSL.failure("add")
        }
        return result
    }

    func product(_ first: Number, _ second: Number) throws(CustodyError) -> Number {
        let result = try fresh()
        guard unsafe BN_mod_mul(result.pointer, first.pointer, second.pointer, order, scratch) == 1 else {
            throw OpenSSL.failure("multiply")
        }
        return result
    }

    /// (to / (to - from)) modulo the order, for two small different numbers: a factor of Lagrange's formula at zero.
    func weight(from: Int, to: Int) throws(CustodyError) -> Number {
        let difference = try number(abs(to - from))
        guard unsafe BN_mod_inverse(difference.pointer, difference.pointer, order, scratch) != nil else {
            throw OpenSSL.failure("divide")
        }
        let weight = try product(try number(to), difference)
        guard to < from else { return weight }
        // Negative: the order less it.
        guard unsafe BN_sub(weight.pointer, order, weight.pointer) == 1 else { throw OpenSSL.failure("subtract") }
        return weight
    }

    func privateKey(_ number: Number) throws(CustodyError) -> PrivateKey { try PrivateKey(scalar: number.bytes) }

    // MARK: Points

    /// number·G: 65 bytes, uncompressed.
    func point(_ number: Number) throws(CustodyError) -> [UInt8] {
        try unsafe PrivateKey.basePoint(of: group, times: number.pointer)
    }

    /// The sum of at^j · points[j]: what a polynomial given by its points comes to, times G.
    /// - Throws: `.ciphertextMalformed` where one is no point of the curve.
    func value(of points: [[UInt8]], at place: Int) throws(CustodyError) -> [UInt8] {
        // SAFETY: both points are freed here; the buffer has the 65 bytes of an uncompressed one.
        let (sum, next) = unsafe (EC_POINT_new(group), EC_POINT_new(group))
        defer {
            unsafe EC_POINT_free(sum)
            unsafe EC_POINT_free(next)
        }
        let place = try number(place)
        var isFirst = true
        for bytes in points.reversed() {
            guard unsafe EC_POINT_oct2point(group, next, bytes, bytes.count, scratch) == 1 else {
                ERR_clear_error()
                throw .ciphertextMalformed
            }
            if isFirst {
                guard unsafe EC_POINT_copy(sum, next) == 1 else { throw OpenSSL.failure("copy a point") }
                isFirst = false
                continue
            }
            guard unsafe EC_POINT_mul(group, sum, nil, sum, place.pointer, scratch) == 1,
                unsafe EC_POINT_add(group, sum, sum, next, scratch) == 1
            else { throw OpenSSL.failure("add points") }
        }
        var bytes = [UInt8](repeating: 0, count: 65)
        guard unsafe EC_POINT_point2oct(group, sum, POINT_CONVERSION_UNCOMPRESSED, &bytes, 65, scratch) == 65 else {
            throw OpenSSL.failure("write a point")
        }
        return bytes
    }
}
