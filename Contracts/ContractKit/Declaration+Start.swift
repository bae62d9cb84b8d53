// SPDX-License-Identifier: Apache-2.0

/// What runs once, when the contract is put on a chain, and what the chain has to give it then.
extension Declaration {
    @inline(__always)
    public mutating func start(
        do body: () throws(Failure) -> Void
    ) throws(Failure) {
        guard isStarting() else { return }
        var reader = arguments()
        try reader.finish()
        try body()
    }

    @inline(__always)
    public mutating func start<A: Storable>(
        takes a: Field<A>, do body: (A) throws(Failure) -> Void
    ) throws(Failure) {
        #if !arch(wasm32)
        description.start = [item(a)]
        #endif
        guard isStarting() else { return }
        var reader = arguments()
        let a: A = try reader.take()
        try reader.finish()
        try body(a)
    }

    @inline(__always)
    public mutating func start<A: Storable, B: Storable>(
        takes a: Field<A>, _ b: Field<B>, do body: (A, B) throws(Failure) -> Void
    ) throws(Failure) {
        #if !arch(wasm32)
        description.start = [item(a), item(b)]
        #endif
        guard isStarting() else { return }
        var reader = arguments()
        let a: A = try reader.take()
        let b: B = try reader.take()
        try reader.finish()
        try body(a, b)
    }

    @inline(__always)
    public mutating func start<A: Storable, B: Storable, C: Storable>(
        takes a: Field<A>, _ b: Field<B>, _ c: Field<C>, do body: (A, B, C) throws(Failure) -> Void
    ) throws(Failure) {
        #if !arch(wasm32)
        description.start = [item(a), item(b), item(c)]
        #endif
        guard isStarting() else { return }
        var reader = arguments()
        let a: A = try reader.take()
        let b: B = try reader.take()
        let c: C = try reader.take()
        try reader.finish()
        try body(a, b, c)
    }

    @inline(__always)
    public mutating func start<A: Storable, B: Storable, C: Storable, D: Storable>(
        takes a: Field<A>, _ b: Field<B>, _ c: Field<C>, _ d: Field<D>, do body: (A, B, C, D) throws(Failure) -> Void
    ) throws(Failure) {
        #if !arch(wasm32)
        description.start = [item(a), item(b), item(c), item(d)]
        #endif
        guard isStarting() else { return }
        var reader = arguments()
        let a: A = try reader.take()
        let b: B = try reader.take()
        let c: C = try reader.take()
        let d: D = try reader.take()
        try reader.finish()
        try body(a, b, c, d)
    }
}
