// SPDX-License-Identifier: Apache-2.0

/// An argument of a method: its name, its type, its titles.
///
/// In the module nothing of it is left: titles live in the description.
public struct Field<Value: Storable> {
    #if !arch(wasm32)
    let name: StaticString
    let zh: StaticString
    let en: StaticString
    #endif

    @inline(__always)
    public init(_ name: StaticString, zh: StaticString, en: StaticString) {
        #if !arch(wasm32)
        self.name = name
        self.zh = zh
        self.en = en
        #endif
    }
}
