// SPDX-License-Identifier: Apache-2.0
internal import CRocksDB
internal import Storage

/// RocksDB's way of failing: a C string it allocated, or nil.
enum RocksFailure {
    typealias Message = UnsafeMutablePointer<CChar>

    /// Runs a call that may set an error message, and throws the message as an error of ours.
    /// - Parameter place: the directory, for messages that name no file.
    static func check<Answer>(
        _ place: String, _ call: (UnsafeMutablePointer<Message?>) -> Answer
    ) throws(StoreError) -> Answer {
        var message: Message?
        // SAFETY: the pointer to `message` is used during the call only.
        let answer = unsafe withUnsafeMutablePointer(to: &message) { unsafe call($0) }
        if let error = unsafe take(message, place) { throw error }
        return answer
    }

    /// Frees a message and says what it means; nil for no message.
    static func take(_ message: Message?, _ place: String) -> StoreError? {
        guard let message = unsafe message else { return nil }
        // SAFETY: RocksDB's messages end with a zero byte and are ours to free, once.
        let text = unsafe String(cString: message)
        unsafe rocksdb_free(message)
        return meaning(of: text, place)
    }

    /// RocksDB's C interface gives text alone, so the text decides. Anything unknown is `.failed`.
    static func meaning(of text: String, _ place: String) -> StoreError {
        let what = text.contains(place) ? text : "\(place): \(text)"
        if text.contains("No space left on device") { return .full(what: what) }
        if text.hasPrefix("Corruption") || text.contains("No such file") { return .corrupt(what: what) }
        if text.contains("does not exist (create_if_missing") { return .corrupt(what: what) }
        if text.contains("/LOCK") { return .locked(path: place) }
        return .failed(what: what)
    }
}
