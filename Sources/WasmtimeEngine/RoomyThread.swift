// SPDX-License-Identifier: Apache-2.0
internal import CWasmtime
internal import Execution
internal import Glibc

/// Native stack enough for a run, on this thread or on one made for it.
///
/// The library counts what a run uses from where it begins, and asks nobody how much the thread has; so that is asked
/// here, before.
/// - Spec: ENG-5.
enum RoomyThread {
    /// What a thread must have left so that a run may begin on it.
    private static let needed = EngineSettings.stackBytes + EngineSettings.hostStackBytes
    /// What a new thread is made with: room for this run and all that can be inside it, so that one thread is enough.
    private static let ownBytes = (EngineSettings.nestingMax + 1) * needed

    /// Runs `body` where there is room, and waits for it.
    /// - Throws: also where the system gives no thread.
    /// - Cost: nothing where this thread has the room; some 30 µs otherwise.
    static func run<Answer>(
        _ body: () throws(EngineTrouble) -> Answer
    ) throws(EngineTrouble) -> Answer {
        if jiuding_stack_left() >= needed { return try body() }
        return try withoutActuallyEscaping(body) { body throws(EngineTrouble) in try hop(body) }
    }

    private static func hop<Answer>(
        _ body: @escaping () throws(EngineTrouble) -> Answer
    ) throws(EngineTrouble) -> Answer {
        // Which runs this one is inside of goes with it.
        let level = jiuding_run_level()
        var result: Result<Answer, EngineTrouble>?
        let job = Job {
            jiuding_set_run_level(level)
            do throws(EngineTrouble) { result = .success(try body()) } catch { result = .failure(error) }
        }
        var attributes = pthread_attr_t()
        var thread = pthread_t()
        // SAFETY (this function): the job is kept by this frame until the thread has ended.
        unsafe pthread_attr_init(&attributes)
        unsafe pthread_attr_setstacksize(&attributes, ownBytes)
        let failure = unsafe pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Job>.fromOpaque(argument)._withUnsafeGuaranteedRef { $0.work() }
                return nil
            }, Unmanaged.passUnretained(job).toOpaque())
        unsafe pthread_attr_destroy(&attributes)
        guard failure == 0 else {
            throw EngineTrouble(what: "no thread for a contract: \(OwnedFile.reason(failure))", heals: true)
        }
        pthread_join(thread, nil)
        withExtendedLifetime(job) {}
        guard let result else { preconditionFailure("a thread that was joined has done its work") }
        return try result.get()
    }

    private final class Job {
        let work: () -> Void

        init(_ work: @escaping () -> Void) { self.work = work }
    }
}
