// SPDX-License-Identifier: Apache-2.0

/// Arithmetic whose overflow is a failure with a code, where `+` would trap and only say "trapped".
extension UInt64 {
    public func plus(_ other: UInt64) throws(Failure) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        if overflow { throw .overflow }
        return sum
    }

    public func minus(_ other: UInt64) throws(Failure) -> UInt64 {
        if other > self { throw .overflow }
        return self - other
    }

    public func times(_ other: UInt64) throws(Failure) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        if overflow { throw .overflow }
        return product
    }
}
