// SPDX-License-Identifier: Apache-2.0

/// Remembers something about the keys met lately, never about more than `bound` of them.
///
/// Two generations: what is asked for moves to the young one; when that holds half the bound, it becomes the
/// old one and the old is forgotten. So a key is forgotten only after `bound`/2 others were asked for since,
/// at the cost of one or two look-ups and no list to keep. What is forgotten costs time, never correctness.
struct RecentMap<Value: Sendable>: Sendable {
    private var young: [SM2.PublicKey: Value] = [:]
    private var old: [SM2.PublicKey: Value] = [:]
    private let half: Int

    init(bound: Int) { half = max(1, bound / 2) }

    subscript(key: SM2.PublicKey) -> Value? {
        mutating get {
            if let value = young[key] { return value }
            guard let value = old[key] else { return nil }
            insert(value, for: key)
            return value
        }
        set {
            if let newValue {
                insert(newValue, for: key)
            } else {
                young[key] = nil
                old[key] = nil
            }
        }
    }

    private mutating func insert(_ value: Value, for key: SM2.PublicKey) {
        young[key] = value
        if young.count >= half {
            old = young
            young = [:]
        }
    }
}
