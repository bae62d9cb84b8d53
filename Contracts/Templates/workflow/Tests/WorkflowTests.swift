// SPDX-License-Identifier: Apache-2.0
import ContractKit
import ContractTesting
import Testing
import Workflow

@Suite("workflow")
struct WorkflowTests {
    @Test("its stories go as written")
    func stories() throws {
        for story in try Scenario.beside(#filePath) { try story.run(on: Workflow.self) }
    }
}
