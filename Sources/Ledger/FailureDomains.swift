// SPDX-License-Identifier: Apache-2.0

/// What a committee could do without one of its clouds, or one of its sites.
///
/// A failure domain is written `cloud/site`, or `cloud` alone. A cloud whose validators are more than f of them takes
/// the chain with it when it goes: nothing is lost or forked, and nothing goes on until it is back.
/// - Spec: LED-15.
package struct FailureDomains: Hashable, Sendable {
    /// What can fail as one.
    package struct Domain: Hashable, Sendable {
        package let name: String
        /// Validators that go with it.
        package let validators: Int
        /// Whether those elsewhere are a quorum.
        package let isDispensable: Bool
    }

    package let quorum: Int
    package let count: Int
    /// Largest first, of one size by name.
    package let clouds: [Domain]
    /// As `cloud/site`; those without a site are their cloud.
    package let sites: [Domain]

    package init(of committee: Committee) {
        self.init(labels: committee.validators.map { $0.failureDomain.text }, quorum: committee.quorum)
    }

    /// - Parameter labels: where each validator stands; at least one.
    init(labels: [String], quorum: Int) {
        self.quorum = quorum
        count = labels.count
        clouds = FailureDomains.domains(labels.map(FailureDomains.cloud), quorum)
        sites = FailureDomains.domains(labels, quorum)
    }

    package var survivesAnyCloud: Bool { clouds.allSatisfy { $0.isDispensable } }
    package var survivesAnySite: Bool { sites.allSatisfy { $0.isDispensable } }
    /// The cloud that decides the answer: the one with most validators.
    package var largest: Domain { clouds[0] }

    private static func cloud(_ label: String) -> String {
        String(label.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)[0])
    }

    private static func domains(_ names: [String], _ quorum: Int) -> [Domain] {
        let sorted = names.sorted()
        var domains: [Domain] = []
        var start = 0
        while start < sorted.count {
            let end = sorted[start...].firstIndex { $0 != sorted[start] } ?? sorted.count
            let left = names.count - (end - start)
            domains.append(
                Domain(name: sorted[start], validators: end - start, isDispensable: left >= quorum))
            start = end
        }
        // Stable: names of one size stay in their order.
        return domains.enumerated().sorted { ($1.element.validators, $0.offset) < ($0.element.validators, $1.offset) }
            .map { $0.element }
    }
}
