// SPDX-License-Identifier: Apache-2.0
internal import ShangMi

/// What has happened to a link. Facts.
package enum LinkEvent: Sendable {
    /// The transport stands; a client speaks first. Once.
    case began
    case received([UInt8])
    /// The answer to the request that is open.
    case answered(PrivateAnswer)
    /// The host has something to say. Only once the link is open.
    case wrote([UInt8])
    /// The host wants to end in peace.
    case closing
    /// The transport ended.
    case cutOff
    /// The handshake took too long; the host keeps the time (`Limits.handshakeSecondsMax`).
    case deadlinePassed
}

/// What the host must now do, in this order.
package enum LinkEffect: Sendable {
    case send([UInt8])
    /// Answered by `answered`, once; nothing more is read from the other side until then.
    case perform(PrivateRequest)
    /// The handshake is done and the other side is this one. Once.
    case opened(LinkPeer)
    case deliver([UInt8])
    /// Nothing follows. The host sends what was ordered before, then closes the transport.
    case ended(LinkEnd)
}

package enum LinkEnd: Hashable, Sendable {
    /// One of the two sides said that it ends, and nothing was cut off.
    case closed
    case failed(Failure)
}

/// One end of a TLCP link: bytes and answers in, bytes and requests out. It reads no clock and no dice, waits for
/// nothing and knows no socket.
///
/// ```
/// handshake ──► open ──► ended        a host that goes on asking an ended link gets no effects
/// ```
/// It holds at most one record that is not whole, one handshake message that is not, and `Limits.waitingBytesMax` while
/// a key works. Not copyable: two copies would use the same record numbers under the same key.
/// - Spec: TLCP-1 to TLCP-22 (docs/spec/tlcp.md).
package struct Link: ~Copyable, Sendable {
    private enum Side: Sendable {
        case client(ClientHandshake)
        case server(ServerHandshake)
    }

    private enum Phase: Sendable { case handshake, open, ended }

    private var side: Side
    private var phase = Phase.handshake
    private let recordsPerKeyMax: UInt64
    private var vectors: SecretStream
    private var input = RecordBuffer()
    private var messages = MessageBuffer()
    private var reading: RecordProtection?
    private var writing: RecordProtection?
    /// What the other side's ChangeCipherSpec will put in force.
    private var pendingReading: RecordProtection?
    private var isWaitingForKey = false
    private var hasHeard = false
    private var handshakeBytes = 0
    private var emptyRecords = 0
    private var effects: [LinkEffect] = []
    private var output: [UInt8] = []

    package init(_ settings: LinkSettings) {
        side = settings.role == .client ? .client(ClientHandshake(settings)) : .server(ServerHandshake(settings))
        recordsPerKeyMax = settings.recordsPerKeyMax
        // Another stream than the handshake's: a counter of its own under a seed of its own.
        var stream = SecretStream(seed: settings.seed)
        vectors = SecretStream(seed: SecretBytes(stream.draw("vectors of records", count: 32)))
    }

    package var isOpen: Bool { phase == .open }
    package var hasEnded: Bool { phase == .ended }

    /// Records that may still be sent under the present key; the host dials anew before there are none.
    package var recordsLeft: UInt64 { writing?.left ?? recordsPerKeyMax }

    /// Takes one event; never throws, never waits.
    package mutating func step(_ event: LinkEvent) -> [LinkEffect] {
        guard phase != .ended else { return [] }
        do throws(Failure) {
            try take(event)
        } catch {
            end(.failed(error), alert: error.alert)
        }
        flush()
        defer { effects = [] }
        return effects
    }

    private mutating func take(_ event: LinkEvent) throws(Failure) {
        switch event {
        case .began:
            if case .client(var handshake) = side {
                let orders = handshake.begin()
                side = .client(handshake)
                try obey(orders)
            }
        case .received(let bytes): try take(bytes)
        case .answered(let answer):
            // An answer nobody waits for is a host's mistake that harms nobody.
            guard isWaitingForKey else { return }
            isWaitingForKey = false
            try obey(
                try withSide(
                    client: { c throws(Failure) in try c.take(answer) },
                    server: { s throws(Failure) in try s.take(answer) }))
            try pump()
        case .wrote(let bytes):
            precondition(phase == .open, "a host writes once the link is open")
            try seal(.data, bytes[...])
        case .closing: end(.closed, alert: phase == .open ? .closeNotify : .userCancelled)
        case .cutOff: throw .cutOff(during: during)
        case .deadlinePassed: if phase == .handshake { throw .timedOut(waitingFor: waitingFor) }
        }
    }

    private mutating func withSide(
        client: (inout ClientHandshake) throws(Failure) -> [HandshakeOrder],
        server: (inout ServerHandshake) throws(Failure) -> [HandshakeOrder]
    ) throws(Failure) -> [HandshakeOrder] {
        switch side {
        case .client(var handshake):
            let orders = try client(&handshake)
            side = .client(handshake)
            return orders
        case .server(var handshake):
            let orders = try server(&handshake)
            side = .server(handshake)
            return orders
        }
    }

    private var waitingFor: String {
        switch side {
        case .client(let handshake): handshake.waitingFor
        case .server(let handshake): handshake.waitingFor
        }
    }

    private var clocks: Clocks {
        switch side {
        case .client(let handshake): handshake.clocks
        case .server(let handshake): handshake.clocks
        }
    }

    private var expectsProtection: Bool {
        switch side {
        case .client(let handshake): handshake.expectsProtection
        case .server(let handshake): handshake.expectsProtection
        }
    }

    private var during: String { phase == .open ? "an open link" : "the handshake, before its \(waitingFor)" }

    // MARK: What comes in

    private mutating func take(_ bytes: [UInt8]) throws(Failure) {
        input.append(bytes)
        if isWaitingForKey, input.count > Limits.waitingBytesMax {
            throw .waitingTooLong(limit: Limits.waitingBytesMax)
        }
        try pump()
    }

    /// Goes on until a key must answer, the link ends, or no message and no record is whole.
    private mutating func pump() throws(Failure) {
        while !isWaitingForKey, phase != .ended {
            if phase == .handshake, let message = try messages.next() {
                try take(message)
            } else if let record = try input.record(isProtected: reading != nil, isFirst: !hasHeard) {
                try take(consume record)
            } else {
                return
            }
        }
    }

    private mutating func take(_ record: consuming Record) throws(Failure) {
        let kind = record.kind
        var content = (consume record).content
        hasHeard = true
        if phase == .handshake {
            handshakeBytes += Limits.recordHeaderBytes + content.count
            guard handshakeBytes <= Limits.handshakeBytesMax else {
                throw .handshakeTooLong(limit: Limits.handshakeBytesMax)
            }
        }
        if reading != nil, kind != .cipherChange { content = try open(kind, consume content) }
        if content.isEmpty {
            // Only data may be empty: a record without a text of another kind has no meaning.
            guard kind == .data else { throw .malformedRecord(reason: "its content is empty") }
            emptyRecords += 1
            guard emptyRecords <= Limits.emptyRecordsMax else { throw .emptyRecords(limit: Limits.emptyRecordsMax) }
        } else {
            emptyRecords = 0
        }
        if kind != .handshake, kind != .alert, !messages.isEmpty {
            throw .unexpected(found: "a record of another kind", wanted: "the rest of a handshake message")
        }
        switch kind {
        case .cipherChange: try take(cipherChange: content)
        case .alert: try take(alert: content)
        case .handshake: try take(handshake: content)
        case .data:
            guard phase == .open else { throw .unexpected(found: "data", wanted: waitingFor) }
            if !content.isEmpty { effects.append(.deliver(content)) }
        }
    }

    /// A first secret that did not open shows here; it is told to us, and to nobody else (TLCP-9).
    private mutating func open(_ kind: Record.Kind, _ content: consuming [UInt8]) throws(Failure) -> [UInt8] {
        do throws(Failure) {
            guard let text = try reading?.open(kind: kind.rawValue, consume content) else {
                preconditionFailure("only what is protected is opened")
            }
            return text
        } catch {
            if case .server(let handshake) = side, phase == .handshake, handshake.isFirstSecretUnreadable {
                throw .firstSecretUnreadable
            }
            throw error
        }
    }

    private mutating func take(cipherChange content: [UInt8]) throws(Failure) {
        guard reading == nil, expectsProtection, let pending = pendingReading else {
            throw .unexpected(found: "ChangeCipherSpec", wanted: phase == .open ? "data" : waitingFor)
        }
        guard content == [1] else { throw .malformedRecord(reason: "a ChangeCipherSpec is one byte, 1") }
        reading = pending
        pendingReading = nil
    }

    private mutating func take(alert content: [UInt8]) throws(Failure) {
        guard content.count == 2 else { throw .malformedRecord(reason: "an alert is two bytes") }
        let alert = Alert(content[1])
        // Any other warning ends the link too: a peer that keeps warning would be listened to for ever.
        guard alert == .closeNotify, phase == .open else {
            throw .toldBy(alert, during: during, clocks: alert == .certificateExpired ? clocks : nil)
        }
        end(.closed, alert: .closeNotify)
    }

    private mutating func take(handshake content: [UInt8]) throws(Failure) {
        if phase == .open {
            let isBeginning =
                content[0] == HandshakeKind.helloRequest.rawValue || content[0] == HandshakeKind.clientHello.rawValue
            throw isBeginning ? .renegotiation : .unexpected(found: "a handshake message", wanted: "data")
        }
        messages.append(content)
    }

    private mutating func take(_ message: HandshakeMessage) throws(Failure) {
        // Finished is the first protected message and nothing else is.
        guard (message.kind == .finished) == (reading != nil) else {
            throw .unexpected(
                found: message.kind.name, wanted: reading == nil && expectsProtection ? "ChangeCipherSpec" : waitingFor)
        }
        try obey(
            try withSide(
                client: { c throws(Failure) in try c.take(message) },
                server: { s throws(Failure) in try s.take(message) }))
    }

    // MARK: What goes out

    private mutating func obey(_ orders: [HandshakeOrder]) throws(Failure) {
        for order in orders {
            switch order {
            case .send(let message): try seal(.handshake, message.bytes[...])
            case .perform(let request):
                flush()
                isWaitingForKey = true
                effects.append(.perform(request))
            case .protect(let keys, let suite):
                try seal(.cipherChange, [1])
                writing = RecordProtection(keys, suite, isWriting: true, limit: recordsPerKeyMax)
            case .expectProtection(let keys, let suite):
                pendingReading = RecordProtection(keys, suite, isWriting: false, limit: recordsPerKeyMax)
            case .open(let peer):
                guard messages.isEmpty else { throw .unexpected(found: "more after Finished", wanted: "data") }
                flush()
                phase = .open
                effects.append(.opened(peer))
            }
        }
    }

    /// Cuts content into records and protects them once protection is in force.
    private mutating func seal(_ kind: Record.Kind, _ content: ArraySlice<UInt8>) throws(Failure) {
        output.reserveCapacity(
            output.count + content.count + (content.count / Limits.recordBytesMax + 1) * Limits.protectionRoomBytes)
        for start in stride(from: content.startIndex, to: content.endIndex, by: Limits.recordBytesMax) {
            let part = content[start..<min(start + Limits.recordBytesMax, content.endIndex)]
            if writing == nil {
                output += Record.header(kind, count: part.count)
                output += part
                continue
            }
            let vector = writing?.needsVector == true ? vectors.draw("vector", count: 16) : []
            try writing?.seal(kind: kind.rawValue, part, vector: vector, into: &output)
        }
    }

    private mutating func flush() {
        if output.isEmpty { return }
        effects.append(.send(output))
        output = []
    }

    private mutating func end(_ end: LinkEnd, alert: Alert?) {
        // What was about to be said when it failed is not said.
        if case .failed = end { output = [] }
        if let alert {
            // Where the last record number is used up, the alert goes unsaid: the transport's end has to do.
            do throws(Failure) { try seal(.alert, alert.bytes[...]) } catch {}
        }
        flush()
        phase = .ended
        effects.append(.ended(end))
        (reading, writing, pendingReading) = (nil, nil, nil)
    }
}
