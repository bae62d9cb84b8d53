// SPDX-License-Identifier: Apache-2.0

/// What runs out when: certificates and revocation lists by name, and how loudly to say so at a given time.
///
/// Pure: whoever warns (doctor, metrics, the log) gives names and the clock, and all of them warn alike.
/// - Spec: CERT-17.
package struct CertificateCalendar: Hashable, Sendable {
    /// How near the end is. Later cases are more urgent.
    package enum Step: Int, Comparable, CaseIterable, Hashable, Sendable {
        case distant
        case within180Days
        case within90Days
        case within30Days
        case within7Days
        case expired

        package static func < (left: Step, right: Step) -> Bool { left.rawValue < right.rawValue }

        /// At this many days before the end, or fewer, the step is reached; nil for the first and the last.
        package var days: Int64? {
            switch self {
            case .distant, .expired: nil
            case .within180Days: 180
            case .within90Days: 90
            case .within30Days: 30
            case .within7Days: 7
            }
        }

        /// - Parameters:
        ///   - seconds: from now to the end, negative after it. The last second still holds (CERT-8).
        ///   - first: no step before this one is reached.
        init(secondsLeft seconds: Int64, first: Step) {
            if seconds < 0 {
                self = .expired
            } else {
                let reached = Step.allCases.last { ($0.days ?? -1) * 86_400 >= seconds } ?? .distant
                self = reached < first ? .distant : reached
            }
        }
    }

    /// How one of them stands at a time.
    package struct Standing: Hashable, Sendable {
        package let name: String
        package let begins: CertificateTime
        package let ends: CertificateTime
        /// Whole days until the end, rounded down; negative after it.
        package let daysLeft: Int64
        package let step: Step
        /// It holds only from a later time on: the clock is slow, or somebody was early.
        package let isEarly: Bool
    }

    private struct Entry: Hashable {
        let name: String
        let begins: CertificateTime
        let ends: CertificateTime
        let firstStep: Step
    }

    private var entries: [Entry] = []

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }

    package mutating func add(_ certificate: Certificate, named name: String) {
        entries.append(
            Entry(name: name, begins: certificate.notBefore, ends: certificate.notAfter, firstStep: .within180Days))
    }

    /// A list ends where the next one is due: after that its reader cannot know what was taken back since. It lives
    /// some months only, so its first warning comes at 30 days.
    package mutating func add(_ list: RevocationList, named name: String) {
        entries.append(Entry(name: name, begins: list.made, ends: list.next, firstStep: .within30Days))
    }

    /// What ends first stands first; of two that end together the earlier name.
    package func standings(at now: CertificateTime) -> [Standing] {
        entries.sorted { ($0.ends, $0.name) < ($1.ends, $1.name) }.map { entry in
            Standing(
                name: entry.name, begins: entry.begins, ends: entry.ends, daysLeft: entry.ends.days(since: now),
                step: Step(secondsLeft: entry.ends.seconds - now.seconds, first: entry.firstStep),
                isEarly: now < entry.begins)
        }
    }
}
