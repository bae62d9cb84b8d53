// SPDX-License-Identifier: Apache-2.0

#if arch(wasm32)
// What a module imports, as the chain has it (KIT-9). Called by `Host` alone.

@_extern(wasm, module: "jd", name: "get") @_extern(c)
func jdGet(
    _ key: UnsafePointer<UInt8>?, _ keyLength: Int32, _ out: UnsafeMutablePointer<UInt8>?, _ room: Int32
) -> Int64
@_extern(wasm, module: "jd", name: "put") @_extern(c)
func jdPut(
    _ key: UnsafePointer<UInt8>?, _ keyLength: Int32, _ value: UnsafePointer<UInt8>?, _ valueLength: Int32)
@_extern(wasm, module: "jd", name: "remove") @_extern(c)
func jdRemove(_ key: UnsafePointer<UInt8>?, _ keyLength: Int32)
@_extern(wasm, module: "jd", name: "argument") @_extern(c)
func jdArgument(_ out: UnsafeMutablePointer<UInt8>?, _ room: Int32) -> Int32
@_extern(wasm, module: "jd", name: "answer") @_extern(c)
func jdAnswer(_ bytes: UnsafePointer<UInt8>?, _ length: Int32)
@_extern(wasm, module: "jd", name: "emit") @_extern(c)
func jdEmit(
    _ name: UnsafePointer<UInt8>?, _ nameLength: Int32, _ body: UnsafePointer<UInt8>?, _ bodyLength: Int32)
@_extern(wasm, module: "jd", name: "text") @_extern(c)
func jdText(_ which: Int32, _ out: UnsafeMutablePointer<UInt8>?, _ room: Int32) -> Int32
@_extern(wasm, module: "jd", name: "number") @_extern(c)
func jdNumber(_ which: Int32) -> Int64
@_extern(wasm, module: "jd", name: "holds") @_extern(c)
func jdHolds(_ role: UnsafePointer<UInt8>?, _ length: Int32) -> Int32
@_extern(wasm, module: "jd", name: "call") @_extern(c)
func jdCall(
    _ contract: UnsafePointer<UInt8>?, _ contractLength: Int32, _ method: UnsafePointer<UInt8>?, _ methodLength: Int32,
    _ argument: UnsafePointer<UInt8>?, _ argumentLength: Int32, _ out: UnsafeMutablePointer<UInt8>?, _ room: Int32
) -> Int64
@_extern(wasm, module: "jd", name: "fail") @_extern(c)
func jdFail(_ code: Int32, _ text: UnsafePointer<UInt8>?, _ length: Int32)
@_extern(wasm, module: "jd", name: "digest") @_extern(c)
func jdDigest(_ bytes: UnsafePointer<UInt8>?, _ length: Int32, _ out: UnsafeMutablePointer<UInt8>?)
@_extern(wasm, module: "jd", name: "trace") @_extern(c)
func jdTrace(_ line: Int32)
#endif
