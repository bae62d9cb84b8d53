// SPDX-License-Identifier: Apache-2.0
import ClientKit

/// Reads a list that a node gives page by page to its end.
enum EveryPage {
    /// - Parameters:
    ///   - isWanted: asked of each element as its page comes; what is not wanted is not kept.
    ///   - page: fetches the page after a cursor, the first without one.
    static func of<Element: Hashable & Sendable>(
        where isWanted: (Element) -> Bool = { _ in true },
        _ page: (_ cursor: String?) async throws(ClientError) -> Page<Element>
    ) async throws(Failure) -> [Element] {
        var found: [Element] = []
        var cursor: String?
        repeat {
            do throws(ClientError) {
                let next = try await page(cursor)
                found += next.elements.filter(isWanted)
                cursor = next.cursor
            } catch { throw Failure(error) }
        } while cursor != nil
        return found
    }
}
