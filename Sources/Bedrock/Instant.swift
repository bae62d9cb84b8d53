// SPDX-License-Identifier: Apache-2.0

/// A moment on a clock the host chose, in nanoseconds from an epoch the host chose.
///
/// Below the line nobody asks for the time; it arrives with each event. Two instants of one run may be
/// compared, two of different runs may not.
package struct Instant: Hashable, Comparable, Sendable {
    package let nanoseconds: UInt64

    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The instant `span` later; stays at the last representable instant rather than wrap (584 years).
    package func advanced(by span: Span) -> Instant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(span.nanoseconds)
        return Instant(nanoseconds: overflow ? .max : sum)
    }

    /// How long after `earlier` this is; zero where `earlier` is in truth the later one.
    package func since(_ earlier: Instant) -> Span {
        Span(nanoseconds: nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0)
    }

    /// A length of time, in nanoseconds.
    package struct Span: Hashable, Comparable, Sendable {
        package let nanoseconds: UInt64

        package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

        package static func milliseconds(_ count: UInt64) -> Span { Span(count, of: 1_000_000) }

        package static func seconds(_ count: UInt64) -> Span { Span(count, of: 1_000_000_000) }

        /// `count` units; the longest span where that is more: a configured number may be absurd, not trap.
        private init(_ count: UInt64, of unit: UInt64) {
            let (product, overflow) = count.multipliedReportingOverflow(by: unit)
            nanoseconds = overflow ? .max : product
        }

        package static func < (left: Span, right: Span) -> Bool { left.nanoseconds < right.nanoseconds }
    }
}
