// SPDX-License-Identifier: Apache-2.0

/// The call under way, as bytes: for contracts whose methods are known only at run time (`Declaration.otherwise`).
public enum Call {
    /// The call's argument bytes.
    public static var argument: Bytes { Host.argument() }

    /// Answers; a later answer replaces it.
    public static func answer<Value: Storable>(_ value: Value) throws(Failure) {
        let bytes = value.encoded
        if bytes.count > Host.valueBytesMax { throw .valueTooLong }
        Host.answer(bytes)
    }
}
