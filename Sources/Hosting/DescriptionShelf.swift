// SPDX-License-Identifier: Apache-2.0
package import ShangMi
import Synchronization

/// What published modules say of themselves, kept by the module's digest, so that a module is not read and taken apart
/// for each who asks.
///
/// Nothing here can be out of date: what a digest names never changes. Any thread may use it.
/// - Spec: API-64.
package final class DescriptionShelf: Sendable {
    /// Of all descriptions together; those asked for longest ago go first. One has 64 KiB at most.
    package static let bytesMax = 4 << 20
    /// Of modules, those that say nothing counted.
    package static let countMax = 1_024

    private struct Place {
        let description: [UInt8]?
        /// The count of all uses when this one was last used.
        var lastUse: UInt64
    }

    private struct Places {
        var places: [Digest: Place] = [:]
        var bytes = 0
        var uses: UInt64 = 0

        mutating func found(_ code: Digest) -> Place? {
            guard let index = places.index(forKey: code) else { return nil }
            uses += 1
            places.values[index].lastUse = uses
            return places.values[index]
        }

        mutating func keep(_ description: [UInt8]?, of code: Digest) {
            guard places[code] == nil else { return }
            uses += 1
            places[code] = Place(description: description, lastUse: uses)
            bytes += description?.count ?? 0
            while bytes > DescriptionShelf.bytesMax || places.count > DescriptionShelf.countMax,
                let oldest = places.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                bytes -= oldest.value.description?.count ?? 0
                places[oldest.key] = nil
            }
        }
    }

    private let kept = Mutex(Places())

    package init() {}

    /// - Parameter read: reads it out of the module, where it is not known. Nobody else waits for that: two who ask at
    ///   once may both read.
    /// - Returns: nil where the module says nothing of itself.
    /// - Throws: what `read` throws; nothing is kept then.
    package func description<Failure: Error>(
        of code: Digest, read: () throws(Failure) -> [UInt8]?
    ) throws(Failure) -> [UInt8]? {
        if let known = kept.withLock({ $0.found(code) }) { return known.description }
        let description = try read()
        kept.withLock { $0.keep(description, of: code) }
        return description
    }
}
