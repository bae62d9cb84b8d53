// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import Glibc

/// SIGINT or SIGTERM, as something one can wait for. A second one ends the process at once.
/// - Spec: NODE-5.
enum StopSignal {
    static func wait() async {
        let signals = [SIGINT, SIGTERM]
        let queue = DispatchQueue(label: "signals")
        let sources = signals.map { signal in
            // The default action would end the process before the source is told.
            _ = Glibc.signal(signal, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: signal, queue: queue)
        }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let once = Once(continuation)
            for source in sources {
                source.setEventHandler { once.resumeOrLeave() }
                source.resume()
            }
        }
        // The sources stay, so that an impatient second signal is heard.
        await MainActor.run { held.append(contentsOf: sources) }
    }

    /// Resumes the first time, leaves the process the second time. Used on one queue only.
    private final class Once: @unchecked Sendable {  // SAFETY: touched only on the queue of the signal sources.
        private var continuation: CheckedContinuation<Void, Never>?

        init(_ continuation: CheckedContinuation<Void, Never>) { self.continuation = continuation }

        func resumeOrLeave() {
            // Not `exit`: it would take RocksDB's globals down under the threads that still use them (seen as a
            // segmentation fault). What was promised is durable already.
            guard let continuation else { _exit(130) }
            self.continuation = nil
            continuation.resume()
        }
    }

    @MainActor private static var held: [any DispatchSourceSignal] = []
}

/// Everything that may ask a process to stop, heard from the moment this is made: before there is anything to stop.
struct StopRequests {
    let stream: AsyncStream<Void>

    /// - Parameter onEndOfInput: whether the end of stdin asks too.
    init(onEndOfInput: Bool) {
        let (stream, ask) = AsyncStream.makeStream(of: Void.self)
        self.stream = stream
        Task {
            await StopSignal.wait()
            ask.yield()
        }
        if onEndOfInput { EndOfInput.wait { ask.yield() } }
    }
}

/// SIGHUP, each time it comes, for as long as this lives.
/// - Spec: NODE-6.
final class Hangups {
    let stream: AsyncStream<Void>
    private let source: any DispatchSourceSignal

    init() {
        // The default action would end the process.
        _ = signal(SIGHUP, SIG_IGN)
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.stream = stream
        source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: DispatchQueue(label: "hangups"))
        source.setEventHandler { continuation.yield() }
        source.resume()
    }

    deinit { source.cancel() }
}

/// The end of stdin: whoever started this process has gone, or wants it to.
/// - Spec: NODE-5.
enum EndOfInput {
    static func wait(_ then: @escaping @Sendable () -> Void) {
        // A thread of its own: reading blocks for as long as the process lives.
        Thread.detachNewThread {
            while let data = try? FileHandle.standardInput.read(upToCount: 4_096), !data.isEmpty {}
            then()
        }
    }
}
