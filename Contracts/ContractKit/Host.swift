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
@_extern(wasm, module: "jd", name: "get") @_extern(c)
private func jdGet(
    _ key: UnsafePointer<UInt8>?, _ keyLength: Int32, _ out: UnsafeMutablePointer<UInt8>?, _ room: Int32
) -> Int64
@_extern(wasm, module: "jd", name: "put") @_extern(c)
private func jdPut(
    _ key: UnsafePointer<UInt8>?, _ keyLength: Int32, _ value: UnsafePointer<UInt8>?, _ valueLength: Int32)
@_extern(wasm, module: "jd", name: "remove") @_extern(c)
private func jdRemove(_ key: UnsafePointer<UInt8>?, _ keyLength: Int32)
@_extern(wasm, module: "jd", name: "argument") @_extern(c)
private func jdArgument(_ out: UnsafeMutablePointer<UInt8>?, _ room: Int32) -> Int32
@_extern(wasm, module: "jd", name: "answer") @_extern(c)
private func jdAnswer(_ bytes: UnsafePointer<UInt8>?, _ length: Int32)
@_extern(wasm, module: "jd", name: "emit") @_extern(c)
private func jdEmit(
    _ name: UnsafePointer<UInt8>?, _ nameLength: Int32, _ body: UnsafePointer<UInt8>?, _ bodyLength: Int32)
@_extern(wasm, module: "jd", name: "text") @_extern(c)
private func jdText(_ which: Int32, _ out: UnsafeMutablePointer<UInt8>?, _ room: Int32) -> Int32
@_extern(wasm, module: "jd", name: "number") @_extern(c)
private func jdNumber(_ which: Int32) -> Int64
@_extern(wasm, module: "jd", name: "holds") @_extern(c)
private func jdHolds(_ role: UnsafePointer<UInt8>?, _ length: Int32) -> Int32
@_extern(wasm, module: "jd", name: "call") @_extern(c)
private func jdCall(
    _ contract: UnsafePointer<UInt8>?, _ contractLength: Int32, _ method: UnsafePointer<UInt8>?, _ methodLength: Int32,
    _ argument: UnsafePointer<UInt8>?, _ argumentLength: Int32, _ out: UnsafeMutablePointer<UInt8>?, _ room: Int32
) -> Int64
@_extern(wasm, module: "jd", name: "fail") @_extern(c)
private func jdFail(_ code: Int32, _ text: UnsafePointer<UInt8>?, _ length: Int32)
@_extern(wasm, module: "jd", name: "digest") @_extern(c)
private func jdDigest(_ bytes: UnsafePointer<UInt8>?, _ length: Int32, _ out: UnsafeMutablePointer<UInt8>?)
@_extern(wasm, module: "jd", name: "trace") @_extern(c)
private func jdTrace(_ line: Int32)

// SAFETY of all that follows: pointers come from bytes that live through the call they are passed to, with their own
// counts; and an instance of a module runs one call on one thread, so its globals have one user.
extension Host {
    /// True while a method that only views runs.
    static var isViewing: Bool {
        get { unsafe viewing }
        set { unsafe viewing = newValue }
    }
    nonisolated(unsafe) private static var viewing = false
    nonisolated(unsafe) private static var about: Bytes?

    static func note(_ bytes: Bytes) { unsafe about = bytes }

    private static func room(_ count: Int32) -> UnsafeMutablePointer<UInt8> { .allocate(capacity: Int(count)) }

    static func get(_ key: Bytes) -> Bytes? {
        var size: Int32 = 256
        while true {
            let place = unsafe room(size)
            let length = unsafe jdGet(key.start, Int32(key.count), place, size)
            if length < 0 { return nil }
            if length <= Int64(size) { return unsafe Bytes(place, count: Int(truncatingIfNeeded: length)) }
            size = Int32(truncatingIfNeeded: length)
        }
    }

    static func put(_ key: Bytes, _ value: Bytes) {
        unsafe jdPut(key.start, Int32(key.count), value.start, Int32(value.count))
    }

    static func remove(_ key: Bytes) { unsafe jdRemove(key.start, Int32(key.count)) }

    static func argument() -> Bytes {
        let length = jdArgument(nil, 0)
        let place = unsafe room(length)
        _ = unsafe jdArgument(place, length)
        return unsafe Bytes(place, count: Int(length))
    }

    static func answer(_ bytes: Bytes) { unsafe jdAnswer(bytes.start, Int32(bytes.count)) }

    static func emit(_ name: Bytes, _ body: Bytes) {
        unsafe jdEmit(name.start, Int32(name.count), body.start, Int32(body.count))
    }

    static func text(_ which: Int32) -> Bytes {
        let length = jdText(which, nil, 0)
        let place = unsafe room(length)
        _ = unsafe jdText(which, place, length)
        return unsafe Bytes(place, count: Int(length))
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
