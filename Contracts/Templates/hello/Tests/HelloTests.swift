// SPDX-License-Identifier: Apache-2.0
import ContractKit
import ContractTesting
import Hello
import Testing

@Suite("hello")
struct HelloTests {
    @Test("its stories go as written")
    func stories() throws {
        for story in try Scenario.beside(#filePath) { try story.run(on: Hello.self) }
    }

    @Test("a greeting is kept, announced, and read back")
    func greets() throws {
        let chain = TestChain()
        try chain.install(Hello.self, as: "hello")
        try chain.call("hello", "greet", Text("你好"))
        #expect(try chain.call("hello", "read", answer: Text.self) == "你好")
        #expect(chain.events.map(\.name) == ["greeted"])
    }

    @Test("an empty greeting is refused and changes nothing")
    func refusesEmpty() throws {
        let chain = TestChain()
        try chain.install(Hello.self, as: "hello")
        #expect(chain.failure("hello", "greet", Text("")) == Failure(1))
        #expect(chain.state(of: "hello").isEmpty && chain.events.isEmpty)
    }
}
