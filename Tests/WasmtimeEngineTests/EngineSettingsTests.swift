// SPDX-License-Identifier: Apache-2.0
import ShangMi
import Testing
import WasmtimeEngine

/// What names compiled code.
@Suite struct EngineSettingsTests {
    private static let library = SM3.hash([1])

    private func digest(_ settings: [LibrarySetting], library: Digest = Self.library) -> Digest {
        EngineSettings.codeDigest(library: library, told: settings)
    }

    @Test("every setting of the library, another library, one setting more or less give another code digest (ENG-9)")
    func nothingForgotten() {
        let told = EngineSettings().told
        var seen: Set<Digest> = [digest(told), digest(told, library: SM3.hash([2]))]
        for index in told.indices {
            var changed = told
            changed[index] = told[index].with(told[index].value + 1)
            seen.insert(digest(changed))
            changed.remove(at: index)
            seen.insert(digest(changed))
        }
        #expect(seen.count == 2 + 2 * told.count)
        #expect(Set(told.map(\.name)).count == told.count, "nothing is told twice")
        #expect(digest(EngineSettings().told) == digest(told), "the same is named alike")
    }

    @Test(
        "what an engine's own settings change of what the library is told is named too; the rest names nothing (ENG-9)")
    func own() {
        var settings = EngineSettings()
        settings.rootsMax += 1
        #expect(digest(settings.told) != digest(EngineSettings().told))
        settings = EngineSettings(cacheFolder: "/elsewhere")
        settings.programsMax += 1
        settings.keepsFrames = true
        #expect(digest(settings.told) == digest(EngineSettings().told), "frames leave compiled code as it is (ENG-13)")
    }
}
