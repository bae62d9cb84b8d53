// SPDX-License-Identifier: Apache-2.0

// One function for each number of arguments, with and without an answer: Embedded Swift cannot unfold a pack of types.
// A method that takes more than six takes a record.

/// What can be called: a name, a kind, titles, the arguments in their order, and the function that does it.
extension Declaration {
    @inline(__always)
    public mutating func method(
        _ name: StaticString, _ kind: Kind, zh: StaticString, en: StaticString,
        do body: () throws(Failure) -> Void
    ) throws(Failure) {
        #if !arch(wasm32)
        note(name, kind, zh, en, [], nil)
        #endif
        guard isCalled(name, kind) else { return }
        var reader = arguments()
        try reader.finish()
        try body()
    }

    @inline(__always)
    public mutating func method<Answer: Storable>(
        _ name: StaticString, _ kind: Kind, zh: StaticString, en: StaticString,
        do body: () throws(Failure) -> Answer
    ) throws(Failure) {
        #if !arch(wasm32)
        note(name, kind, zh, en, [], Answer.shape)
        #endif
        guard isCalled(name, kind) else { return }
        var reader = arguments()
        try reader.finish()
        try answer(body())
    }

    @inline(__always)
    public mutating func method<A: Storable>(
        _ name: StaticString, _ kind: Kind, zh: StaticString, en: StaticString, takes a: Field<A>,
        do body: (A) throws(Failure) -> Void
    ) throws(Failure) {
        #if !arch(wasm32)
        note(name, kind, zh, en, [item(a)], nil)
        #endif
        guard isCalled(name, kind) else { return }
        var reader = arguments()
        let a: A = try reader.take()
        try reader.finish()
        try body(a)
    }

    @inline(__always)
    public mutating func method<A: Storable, Answer: Storable>(
        _ name: StaticString, _ kind: Kind, zh: StaticString, en: StaticString, takes a: Field<A>,
        do body: (A) throws(Failure) -> Answer
    ) throws(Failure) {
        #if !arch(wasm32)
        note(name, kind, zh, en, [item(a)], Answer.shape)
        #endif
        guard isCalled(name, kind) else { return }
        var reader = arguments()
        let a: A = try reader.take()
        try reader.finish()
        try answer(body(a))
    }

    @inline(__always)
    public mutating func method<A: Storable, B: Storable>(
        _ name: StaticString, _ kind: Kind, zh: StaticString, en: StaticString, takes a: Field<A>, _ b: Field<B>,
        do body: (A, B) throws(Failure) -> Void
    ) throws(Failure) {
        #if !arch(wasm32)
        note(name, kind, zh, en, [item(a), item(b)], nil)
        #endif
        guard isCalled(name, kind) else { return }
        var reader = arguments()
        let a: A = try reader.take()
        let b: B = try reader.take()
        try reader.finish()
        try body(a, b)
    }

    @inline(__always)
    public mutating func method<A: Storable, B: Storable, Answer: Storable>(
        _ name: StaticString, _ kind: Kind, zh: StaticString, en: StaticString, takes a: Field<A>, _ b: Field<B>,
        do body: (A, B) throws(Failure) -> Answer
    ) throws(Failure) {
        #if !arch(wasm32)
        note(name, kind, zh, en, [item(a), item(b)], Answer.shape)
        #endif
        guard isCalled(name, kind) else { return }
        var reader = arguments()
        let a: A = try reader.take()
        let b: B = try reader.take()
        try reader.finish()
        try answer(body(a, b))
    }

    @inline(__always)
    public mutating func method<A: Storable, B: Storable, C: Storable>(
        _ name: StaticString, _ kind: Kind, zh: StaticString, en: StaticString, takes a: Field<A>, _ b: Field<B>,
        _ c: Field<C>,
        do body: (A, B, C) throws(Failure) -> Void
    ) throws(Failure) {
        #if !arch(wasm32)
        note(name, kind, zh, en, [item(a), item(b), item(c)], nil)
        #endif
        guard isCalled(name, kind) else { return }
        var reader = arguments()
        let a: A = try reader.take()
        let b: B = try reader.take()
        let c: C = try reader.take()
        try reader.finish()
        try body(a, b, c)
    }

    @inline(__always)
    public mutating func method<A: Storable, B: Storable, C: Storable, Answer: Storable>(
        _ name: StaticString, _ kind: Kind, zh: StaticString, en: StaticString, takes a: Field<A>, _ b: Field<B>,
        _ c: Field<C>,
        do body: (A, B, C) throws(Failure) -> Answer
    ) throws(Failure) {
        #if !arch(wasm32)
        note(name, kind, zh, en, [item(a), item(b), item(c)], Answer.shape)
        #endif
        guard isCalled(name, kind) else { return }
        var reader = arguments()
        let a: A = try reader.take()
        let b: B = try reader.take()
        let c: C = try reader.take()
        try reader.finish()
        try answer(body(a, b, c))
    }

    @inline(__always)
    public mutating func method<A: Storable, B: Storable, C: Storable, D: Storable>(
        _ name: StaticString, _ kind: Kind, zh: StaticString, en: StaticString, takes a: Field<A>, _ b: Field<B>,
        _ c: Field<C>, _ d: Field<D>,
        do body: (A, B, C, D) throws(Failure) -> Void
    ) throws(Failure) {
        #if !arch(wasm32)
        note(name, kind, zh, en, [item(a), item(b), item(c), item(d)], nil)
        #endif
        guard isCalled(name, kind) else { return }
        var reader = arguments()
        let a: A = try reader.take()
        let b: B = try reader.take()
        let c: C = try reader.take()
        let d: D = try reader.take()
        try reader.finish()
        try body(a, b, c, d)
    }

    @inline(__always)
    public mutating func method<A: Storable, B: Storable, C: Storable, D: Storable, Answer: Storable>(
        _ name: StaticString, _ kind: Kind, zh: StaticString, en: StaticString, takes a: Field<A>, _ b: Field<B>,
        _ c: Field<C>, _ d: Field<D>,
        do body: (A, B, C, D) throws(Failure) -> Answer
    ) throws(Failure) {
        #if !arch(wasm32)
        note(name, kind, zh, en, [item(a), item(b), item(c), item(d)], Answer.shape)
        #endif
        guard isCalled(name, kind) else { return }
        var reader = arguments()
        let a: A = try reader.take()
        let b: B = try reader.take()
        let c: C = try reader.take()
        let d: D = try reader.take()
        try reader.finish()
        try answer(body(a, b, c, d))
    }

    @inline(__always)
    public mutating func method<A: Storable, B: Storable, C: Storable, D: Storable, E: Storable>(
        _ name: StaticString, _ kind: Kind, zh: StaticString, en: StaticString, takes a: Field<A>, _ b: Field<B>,
        _ c: Field<C>, _ d: Field<D>, _ e: Field<E>,
        do body: (A, B, C, D, E) throws(Failure) -> Void
    ) throws(Failure) {
        #if !arch(wasm32)
        note(name, kind, zh, en, [item(a), item(b), item(c), item(d), item(e)], nil)
        #endif
        guard isCalled(name, kind) else { return }
        var reader = arguments()
        let a: A = try reader.take()
        let b: B = try reader.take()
        let c: C = try reader.take()
        let d: D = try reader.take()
        let e: E = try reader.take()
        try reader.finish()
        try body(a, b, c, d, e)
    }

    @inline(__always)
    public mutating func method<A: Storable, B: Storable, C: Storable, D: Storable, E: Storable, Answer: Storable>(
        _ name: StaticString, _ kind: Kind, zh: StaticString, en: StaticString, takes a: Field<A>, _ b: Field<B>,
        _ c: Field<C>, _ d: Field<D>, _ e: Field<E>,
        do body: (A, B, C, D, E) throws(Failure) -> Answer
    ) throws(Failure) {
        #if !arch(wasm32)
        note(name, kind, zh, en, [item(a), item(b), item(c), item(d), item(e)], Answer.shape)
        #endif
        guard isCalled(name, kind) else { return }
        var reader = arguments()
        let a: A = try reader.take()
        let b: B = try reader.take()
        let c: C = try reader.take()
        let d: D = try reader.take()
        let e: E = try reader.take()
        try reader.finish()
        try answer(body(a, b, c, d, e))
    }

    @inline(__always)
    public mutating func method<A: Storable, B: Storable, C: Storable, D: Storable, E: Storable, F: Storable>(
        _ name: StaticString, _ kind: Kind, zh: StaticString, en: StaticString, takes a: Field<A>, _ b: Field<B>,
        _ c: Field<C>, _ d: Field<D>, _ e: Field<E>, _ f: Field<F>,
        do body: (A, B, C, D, E, F) throws(Failure) -> Void
    ) throws(Failure) {
        #if !arch(wasm32)
        note(name, kind, zh, en, [item(a), item(b), item(c), item(d), item(e), item(f)], nil)
        #endif
        guard isCalled(name, kind) else { return }
        var reader = arguments()
        let a: A = try reader.take()
        let b: B = try reader.take()
        let c: C = try reader.take()
        let d: D = try reader.take()
        let e: E = try reader.take()
        let f: F = try reader.take()
        try reader.finish()
        try body(a, b, c, d, e, f)
    }

    @inline(__always)
    public mutating func method<
        A: Storable, B: Storable, C: Storable, D: Storable, E: Storable, F: Storable, Answer: Storable
    >(
        _ name: StaticString, _ kind: Kind, zh: StaticString, en: StaticString, takes a: Field<A>, _ b: Field<B>,
        _ c: Field<C>, _ d: Field<D>, _ e: Field<E>, _ f: Field<F>,
        do body: (A, B, C, D, E, F) throws(Failure) -> Answer
    ) throws(Failure) {
        #if !arch(wasm32)
        note(name, kind, zh, en, [item(a), item(b), item(c), item(d), item(e), item(f)], Answer.shape)
        #endif
        guard isCalled(name, kind) else { return }
        var reader = arguments()
        let a: A = try reader.take()
        let b: B = try reader.take()
        let c: C = try reader.take()
        let d: D = try reader.take()
        let e: E = try reader.take()
        let f: F = try reader.take()
        try reader.finish()
        try answer(body(a, b, c, d, e, f))
    }

    #if !arch(wasm32)
    func item<Value: Storable>(_ field: Field<Value>) -> Description.Item {
        Description.Item(
            name: field.name, shape: Value.shape, titles: Description.Titles(zh: field.zh, en: field.en))
    }

    private mutating func note(
        _ name: StaticString, _ kind: Kind, _ zh: StaticString, _ en: StaticString, _ arguments: [Description.Item],
        _ answer: Shape?
    ) {
        description.methods.append(
            Description.Method(
                name: name, kind: kind, arguments: arguments, answer: answer,
                titles: Description.Titles(zh: zh, en: en)))
    }
    #endif
}
