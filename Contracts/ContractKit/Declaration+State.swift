// SPDX-License-Identifier: Apache-2.0

/// What stands in state, so that whoever holds a proof of a key can read it. Nothing of this is in the module.
extension Declaration {
    @inline(__always)
    public mutating func state<Value: Storable>(_ cell: Cell<Value>, zh: StaticString, en: StaticString) {
        #if !arch(wasm32)
        note(Description.Stored(cell.name, "cell", key: nil, value: Value.shape), zh, en)
        #endif
    }

    @inline(__always)
    public mutating func state(_ counter: Counter, zh: StaticString, en: StaticString) {
        #if !arch(wasm32)
        note(Description.Stored(counter.name, "counter", key: nil, value: .number), zh, en)
        #endif
    }

    @inline(__always)
    public mutating func state<Key: Storable, Value: Storable>(
        _ map: Map<Key, Value>, zh: StaticString, en: StaticString
    ) {
        #if !arch(wasm32)
        note(Description.Stored(map.name, "map", key: Key.shape, value: Value.shape), zh, en)
        #endif
    }

    @inline(__always)
    public mutating func state<Element: Storable>(_ set: Members<Element>, zh: StaticString, en: StaticString) {
        #if !arch(wasm32)
        note(Description.Stored(set.name, "set", key: Element.shape, value: nil), zh, en)
        #endif
    }

    @inline(__always)
    public mutating func state<Owner: Storable, Entry: Storable>(
        _ journal: Journal<Owner, Entry>, zh: StaticString, en: StaticString
    ) {
        #if !arch(wasm32)
        note(Description.Stored(journal.name, "journal", key: Owner.shape, value: Entry.shape), zh, en)
        #endif
    }

    @inline(__always)
    public mutating func state<Order: Ordered, Item: Storable>(
        _ index: Index<Order, Item>, zh: StaticString, en: StaticString
    ) {
        #if !arch(wasm32)
        note(Description.Stored(index.name, "index", key: Order.shape, value: Item.shape), zh, en)
        #endif
    }

    #if !arch(wasm32)
    private mutating func note(_ stored: Description.Stored, _ zh: StaticString, _ en: StaticString) {
        var stored = stored
        stored.titles = Description.Titles(zh: zh, en: en)
        description.state.append(stored)
    }
    #endif
}
