// SPDX-License-Identifier: Apache-2.0

/// The thirteen functions a chain gives a contract, in one shape for the chain and for tests.
///
/// Nothing else of this package touches imports; what a chain would stop a call for (a key too long, a range outside
/// memory) is refused with a code before it gets here.
enum Host {
    static let keyBytesMax = 128
    static let valueBytesMax = 65_536
    static let aboutBytesMax = 512
}

#if arch(wasm32)
// SAFETY of all that follows: pointers come from bytes that live through the call they are passed to, with their own
// counts; and an instance of a module runs one call on one thread, so its globals have one user.
extension Host {
    /// True while a method that only views runs.
    static var isViewing: Bool {
        get { unsafe viewing }
        set { unsafe viewing = newValue }
    }
    // SAFETY: as above: one call, one thread.
    nonisolated(unsafe) private static var viewing = false
    // SAFETY: as above.
    nonisolated(unsafe) private static var about: Bytes?

    static func note(_ bytes: Bytes) { unsafe about = bytes }

    private static func room(_ count: Int32) -> UnsafeMutablePointer<UInt8> { unsafe freshBytes(Int(count)) }

    /// Most values fit the one place all of them come to first; then they take no more memory than they have bytes.
    static func get(_ key: Bytes) -> Bytes? {
        let first = unsafe landing ?? room(1_024)
        unsafe landing = unsafe first
        let length = unsafe jdGet(key.start, Int32(key.count), first, 1_024)
        if length < 0 { return nil }
        let count = Int32(truncatingIfNeeded: length)
        let place = unsafe room(count)
        if count <= 1_024 {
            unsafe copyBytes(place, first, Int(count))
        } else {
            _ = unsafe jdGet(key.start, Int32(key.count), place, count)
        }
        return unsafe Bytes(place, count: Int(count))
    }
    // SAFETY: as above.
    nonisolated(unsafe) private static var landing: UnsafeMutablePointer<UInt8>?

    static func put(_ key: Bytes, _ value: Bytes) {
        unsafe jdPut(key.start, Int32(key.count), value.start, Int32(value.count))
    }

    static func remove(_ key: Bytes) { unsafe jdRemove(key.start, Int32(key.count)) }

    /// Most arguments and texts fit at the first try: asking for the length first would be a call more, and calls of
    /// the host are what a small contract pays most for. Every method asks, so it stands in the module once.
    @inline(never)
    static func argument() -> Bytes {
        var size: Int32 = 512
        while true {
            let place = unsafe room(size)
            let length = unsafe jdArgument(place, size)
            if length <= size { return unsafe Bytes(place, count: Int(length)) }
            size = length
        }
    }

    static func answer(_ bytes: Bytes) { unsafe jdAnswer(bytes.start, Int32(bytes.count)) }

    static func emit(_ name: Bytes, _ body: Bytes) {
        unsafe jdEmit(name.start, Int32(name.count), body.start, Int32(body.count))
    }

    static func text(_ which: Int32) -> Bytes {
        var size: Int32 = 96
        while true {
            let place = unsafe room(size)
            let length = unsafe jdText(which, place, size)
            if length <= size { return unsafe Bytes(place, count: Int(length)) }
            size = length
        }
    }

    static func number(_ which: Int32) -> UInt64 { UInt64(bitPattern: jdNumber(which)) }

    static func holds(_ role: Bytes) -> Bool { unsafe jdHolds(role.start, Int32(role.count)) == 1 }

    static func call(_ contract: Bytes, _ method: Bytes, _ argument: Bytes) -> Outcome {
        let size = Int32(valueBytesMax)
        let place = unsafe room(size)
        let length = unsafe jdCall(
            contract.start, Int32(contract.count), method.start, Int32(method.count), argument.start,
            Int32(argument.count), place, size)
        if length < 0 { return .failed(code: UInt64(bitPattern: 0 &- length)) }
        return unsafe .answered(Bytes(place, count: Int(truncatingIfNeeded: length)))
    }

    static func fail(_ failure: Failure) {
        let text = unsafe about ?? .empty
        unsafe jdFail(Int32(failure.code), text.start, Int32(min(text.count, aboutBytesMax)))
    }

    static func digest(_ bytes: Bytes) -> Bytes {
        let place = unsafe room(32)
        unsafe jdDigest(bytes.start, Int32(bytes.count), place)
        return unsafe Bytes(place, count: 32)
    }

    static func trace(_ line: UInt32) { jdTrace(Int32(bitPattern: line)) }
}
#else
extension Host {
    private static var world: any ContractWorld {
        guard let world = ContractWorlds.current else {
            preconditionFailure("a contract runs in a chain: in a test, call it through a TestChain")
        }
        return world
    }

    static var isViewing: Bool {
        get { world.isViewing }
        set { world.isViewing = newValue }
    }

    static func note(_ bytes: Bytes) { ContractWorlds.current?.note(Array(bytes.array.prefix(aboutBytesMax))) }
    static func get(_ key: Bytes) -> Bytes? { world.get(key.array).map { Bytes($0) } }
    static func put(_ key: Bytes, _ value: Bytes) { world.put(key.array, value.array) }
    static func remove(_ key: Bytes) { world.remove(key.array) }
    static func argument() -> Bytes { Bytes(world.argument()) }
    static func answer(_ bytes: Bytes) { world.answer(bytes.array) }
    static func emit(_ name: Bytes, _ body: Bytes) { world.emit(name.array, body.array) }
    static func text(_ which: Int32) -> Bytes { Bytes(world.text(Int(which))) }
    static func number(_ which: Int32) -> UInt64 { world.number(Int(which)) }
    static func holds(_ role: Bytes) -> Bool { world.holds(role.array) }
    static func call(_ contract: Bytes, _ method: Bytes, _ argument: Bytes) -> Outcome {
        world.call(contract.array, method.array, argument.array)
    }
    static func digest(_ bytes: Bytes) -> Bytes { Bytes(world.digest(bytes.array)) }
    static func trace(_ line: UInt32) { world.trace(line) }
}
#endif
