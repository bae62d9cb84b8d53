// SPDX-License-Identifier: Apache-2.0

/// The interpreter's module with a form's own description in place of the interpreter's.
///
/// The code stays the same to the byte, so whoever reviewed the interpreter once has reviewed it for every form.
package enum FormModule {
    private static let name = Array("jd.description".utf8)
    private static let head: [UInt8] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

    /// - Returns: nil where `module` is no WebAssembly module. Linear in its size.
    package static func described(_ module: [UInt8], by description: String) -> [UInt8]? {
        guard module.starts(with: head) else { return nil }
        var result = head
        var at = head.count
        while at < module.count {
            let start = at
            let kind = module[at]
            at += 1
            guard let size = number(module, &at), size <= module.count - at else { return nil }
            let content = at
            at += size
            if kind == 0 {
                var place = content
                guard let length = number(module, &place), length <= at - place else { return nil }
                if module[place..<place + length].elementsEqual(name) { continue }
            }
            result += module[start..<at]
        }
        let body = leb(name.count) + name + Array(description.utf8)
        return result + [0] + leb(body.count) + body
    }

    private static func leb(_ value: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest > 0x7f {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    /// An unsigned number of at most 32 bits; nil where the bytes end or it is longer.
    private static func number(_ bytes: [UInt8], _ at: inout Int) -> Int? {
        var value = 0
        for shift in stride(from: 0, to: 35, by: 7) {
            guard at < bytes.count else { return nil }
            let byte = bytes[at]
            at += 1
            value |= Int(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
