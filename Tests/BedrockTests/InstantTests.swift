// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Testing

@Suite("Instant: time as it arrives, never wrapping")
struct InstantTests {
    @Test("advancing stays at the last instant rather than wrap")
    func saturation() {
        let last = Instant(nanoseconds: .max)
        #expect(Instant(nanoseconds: .max - 1).advanced(by: .init(nanoseconds: 1)) == last)
        #expect(Instant(nanoseconds: .max - 1).advanced(by: .init(nanoseconds: 2)) == last)
        #expect(last.advanced(by: .init(nanoseconds: .max)) == last)
        #expect(Instant(nanoseconds: 5).advanced(by: .milliseconds(2)) == Instant(nanoseconds: 2_000_005))
    }

    @Test("the time since a later instant is zero, not a huge number")
    func since() {
        let early = Instant(nanoseconds: 10)
        let late = Instant(nanoseconds: 25)
        #expect(late.since(early) == .init(nanoseconds: 15))
        #expect(early.since(late) == .init(nanoseconds: 0))
        #expect(early < late)
    }

    @Test("a span too long to represent is the longest span, as an instant is")
    func longSpans() {
        #expect(Instant.Span.seconds(3) == .milliseconds(3_000))
        #expect(Instant.Span.seconds(.max) == .init(nanoseconds: .max))
        #expect(Instant.Span.milliseconds(.max) == .init(nanoseconds: .max))
        #expect(Instant.Span.milliseconds(1) < .seconds(1))
    }
}
