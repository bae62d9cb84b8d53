// SPDX-License-Identifier: Apache-2.0
package import Bedrock

/// How the execution of a transaction ended, as a number that never changes its meaning (EXEC-3).
///
/// Zero is success. Codes of the platform lie below 1300, those of native contracts above.
package struct ResultCode: Hashable, Sendable, Canonical {
    package let value: UInt16

    package init(_ value: UInt16) { self.value = value }

    package var isSuccess: Bool { value == 0 }

    package static let success = ResultCode(0)
    package static let unknownContract = ResultCode(1201)
    package static let unknownMethod = ResultCode(1202)
    package static let malformedArguments = ResultCode(1203)
    package static let outOfGas = ResultCode(1204)
    package static let unknownSender = ResultCode(1205)
    package static let outsideWindow = ResultCode(1206)
    package static let evidenceNotFound = ResultCode(1301)
    package static let evidenceNotOwned = ResultCode(1302)
    package static let evidenceNotesFull = ResultCode(1303)
    package static let committeeChangePending = ResultCode(1402)
    package static let committeeTooSmall = ResultCode(1404)

    package func encode(into encoder: inout Encoder) { encoder.number(UInt64(value)) }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        value = UInt16(try decoder.number(max: UInt64(UInt16.max)))
    }
}

// Members and permissions (15xx) and governance (16xx).
extension ResultCode {
    package static let memberFrozen = ResultCode(1801)
    package static let memberRemoved = ResultCode(1802)
    package static let organizationFrozen = ResultCode(1803)
    package static let organizationLeft = ResultCode(1804)
    package static let delegationElsewhere = ResultCode(1805)
    package static let delegationOver = ResultCode(1806)
    package static let delegationUsedUp = ResultCode(1807)
    package static let contractFrozen = ResultCode(1808)
    package static let deniedByPolicy = ResultCode(1809)
    package static let fieldDenied = ResultCode(1810)
    package static let fieldUnknown = ResultCode(1811)
    package static let certificateRevoked = ResultCode(1812)
    package static let certificateForeign = ResultCode(1850)
    package static let revocationKnown = ResultCode(1851)
    package static let revocationsFull = ResultCode(1852)
    package static let notRevoker = ResultCode(1853)
    package static let oneKeyForBoth = ResultCode(1854)
    package static let officerSilenced = ResultCode(1855)
    package static let freezeUnexplained = ResultCode(1856)
    package static let organizationUnknown = ResultCode(1820)
    package static let organizationIncomplete = ResultCode(1821)
    package static let organizationKnown = ResultCode(1822)
    package static let organizationsFull = ResultCode(1823)
    package static let creditCodeTaken = ResultCode(1824)
    package static let notFrozen = ResultCode(1825)
    package static let freezeTooShort = ResultCode(1826)
    package static let memberUnknown = ResultCode(1827)
    package static let keyKnown = ResultCode(1828)
    package static let memberFixed = ResultCode(1829)
    package static let officesConflict = ResultCode(1830)
    package static let officeWithoutPerson = ResultCode(1831)
    package static let adminsFull = ResultCode(1832)
    package static let personKeysFull = ResultCode(1833)
    package static let notAnnounced = ResultCode(1834)
    package static let announcementOver = ResultCode(1835)
    package static let delegationRefused = ResultCode(1836)
    package static let delegationsFull = ResultCode(1837)
    package static let delegationUnknown = ResultCode(1838)
    package static let announcedByGovernance = ResultCode(1839)
    package static let resourceProtected = ResultCode(1841)
    package static let policyUnreadable = ResultCode(1842)
    package static let policiesFull = ResultCode(1843)
    package static let notProposer = ResultCode(1901)
    package static let proposalKnown = ResultCode(1902)
    package static let proposalsFull = ResultCode(1903)
    package static let proposalSchedule = ResultCode(1904)
    package static let proposalUnknown = ResultCode(1905)
    package static let proposalClosed = ResultCode(1906)
    package static let proposalExpired = ResultCode(1907)
    package static let approvalIdle = ResultCode(1908)
    package static let approvedAlready = ResultCode(1909)
    package static let samePerson = ResultCode(1910)
    package static let notApproved = ResultCode(1911)
    package static let proposalOfOthers = ResultCode(1912)
    package static let dueFull = ResultCode(1913)
    package static let removingOneself = ResultCode(1914)
    package static let lastAdmin = ResultCode(1915)
    package static let nobodyCouldGovern = ResultCode(1916)
    package static let organizationHasValidators = ResultCode(1917)
    package static let cloudRule = ResultCode(1918)
    package static let validatorUnknown = ResultCode(1919)
    package static let validatorKnown = ResultCode(1920)
    package static let validatorNotReady = ResultCode(1921)
    package static let validatorHomeless = ResultCode(1922)
    package static let rulesOrder = ResultCode(1923)
    package static let committeeUnfit = ResultCode(1924)
    package static let notCandidate = ResultCode(1925)
    package static let readyOutdated = ResultCode(1926)
    package static let rotationsSpent = ResultCode(1927)
    package static let approvalsFull = ResultCode(1928)
}
