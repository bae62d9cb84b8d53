// SPDX-License-Identifier: Apache-2.0
import Ledger
import ShangMi

// The shapes are those of docs/spec/http.md; each reader here has its writer in Gateway/ChainStatus+JSON.swift.

extension NodeAnswer {
    init(from reader: JSONShape.Reader) throws(JSONShape) {
        version = try reader["version"].text()
        id = try reader["id"].text()
        roles = try reader["roles"].list { item throws(JSONShape) in try item.text() }
        chains = try reader["chains"].list { item throws(JSONShape) in try item.text() }
        peers = try reader["peers"].list { item throws(JSONShape) in
            Peer(
                name: try item["name"].text(), address: try item["address"].text(),
                connected: try item["connected"].flag())
        }
        paths = try reader["paths"].list { item throws(JSONShape) in
            Path(algorithm: try item["algorithm"].text(), path: try item["path"].text())
        }
        clockSkewMillis = try reader["clockSkewMs"].orNull { value throws(JSONShape) in try value.signed() }
    }
}

extension ChainAnswer {
    init(from reader: JSONShape.Reader) throws(JSONShape) {
        name = try reader["name"].text()
        id = try reader["id"].identifier(ChainID.self)
        height = try reader["height"].ordinal(Height.self)
        tip = try reader["tip"].identifier(BlockID.self)
        lastBlock = try reader["lastBlockTime"].time()
        executed = try reader["executedHeight"].ordinal(Height.self)
        attested = try reader["attestedHeight"].ordinal(Height.self)
        stateRoot = try reader["stateRoot"].digest()
        historyRoot = try reader["historyRoot"].digest()
        rules = try reader["rules"].number()
        waiting = try reader["waiting"].int()
        inStep = try reader["inStep"].flag()
        halted = try reader["halted"].orNull { value throws(JSONShape) in try value.text() }
        let disk = reader["disk"]
        daysLeft = try disk["daysLeft"].orNull { value throws(JSONShape) in try value.number() }
        archivedThrough = try disk["archivedThrough"].orNull { value throws(JSONShape) in try value.ordinal(Height.self)
        }
        committee = try reader["committee"]["bytes"].canonical(Committee.self)
    }
}

extension BlockAnswer {
    init(from reader: JSONShape.Reader) throws(JSONShape) {
        header = try reader["header"].canonical(Header.self)
        id = header.id
        guard try reader["id"].identifier(BlockID.self) == id else {
            throw reader["id"].wrong("the header's digest")
        }
        certificate = try reader["certificate"].orNull { value throws(JSONShape) in
            try value.canonical(QuorumCertificate.self)
        }
        transactions = try reader["transactions"].list { item throws(JSONShape) in
            try item.identifier(TransactionID.self)
        }
        leaf = try reader["leaf"].orNull { value throws(JSONShape) in try value.canonical(HistoryLeaf.self) }
    }
}

extension TransactionAnswer {
    init(from reader: JSONShape.Reader) throws(JSONShape) {
        id = try reader["id"].identifier(TransactionID.self)
        transaction = try reader["bytes"].orNull { value throws(JSONShape) in
            try value.canonical(SignedTransaction.self)
        }
        if let body = transaction?.body {
            (chain, sender) = (body.chain, AccountID(body.sender))
            (contract, method) = (body.contract, body.method)
            (validFrom, validUntil) = (body.validFrom, body.validUntil)
        } else {
            chain = try reader["chain"].identifier(ChainID.self)
            sender = try reader["sender"].identifier(AccountID.self)
            (contract, method) = (try reader["contract"].label(), try reader["method"].label())
            validFrom = try reader["validFrom"].ordinal(Height.self)
            validUntil = try reader["validUntil"].ordinal(Height.self)
        }
        withheld = try reader.withheld()
        guard let status = Status(rawValue: try reader["status"].text()) else {
            throw reader["status"].wrong("a known status")
        }
        self.status = status
        if status == .waiting {
            position = nil
        } else {
            position = Position(
                height: try reader["height"].ordinal(Height.self), index: try reader["index"].number(),
                time: try reader["time"].time())
        }
        outcome = try reader["outcome"].orNull { value throws(JSONShape) in try value.canonical(Outcome.self)
        }
        receipt = try reader["receipt"].orNull { value throws(JSONShape) in
            try value.canonical(EvidenceReceipt.self)
        }
        resultProof = try reader["resultProof"].orNull { value throws(JSONShape) in
            try value.canonical(ReceiptProof.self)
        }
    }
}

extension SubmissionAnswer {
    init(from reader: JSONShape.Reader) throws(JSONShape) {
        let id = try reader["id"].orNull { value throws(JSONShape) in try value.identifier(TransactionID.self)
        }
        let status = try reader["status"].text()
        if status == "refused" {
            self = .refused(
                id,
                ClientError.Problem(
                    status: 200, code: try reader["code"].text(), title: try reader["title"].text(),
                    detail: try reader["detail"].text(), fix: try reader["fix"].text(), retryAfter: nil))
            return
        }
        guard let id else { throw reader["id"].wrong("an identifier") }
        switch status {
        case "admitted": self = .admitted(id)
        case "known": self = .known(id)
        case "final":
            self = .final(
                id, height: try reader["height"].ordinal(Height.self), index: try reader["index"].number())
        case "attested": self = .attested(try reader["receipt"].canonical(EvidenceReceipt.self))
        default: throw reader["status"].wrong("a known status")
        }
    }
}

extension EvidenceAnswer {
    init(from reader: JSONShape.Reader) throws(JSONShape) {
        record = try reader["bytes"].orNull { value throws(JSONShape) in try value.canonical(EvidenceRecord.self) }
        notes = try reader["notes"].orNull { value throws(JSONShape) in
            try value.list { item throws(JSONShape) in try item["bytes"].canonical(EvidenceNote.self) }
        }
        transaction = try reader["transaction"].identifier(TransactionID.self)
        withheld = try reader.withheld()
        if let record {
            let deposit = record.deposit
            (number, recorded, depositor) = (record.number, record.recorded, record.depositor)
            (businessType, title, mediaType) = (deposit.businessType, deposit.title, deposit.mediaType)
            (digest, size) = (deposit.digest, deposit.size)
            return
        }
        guard let number = EvidenceNumber(text: try reader["number"].text()) else {
            throw reader["number"].wrong("an evidence number")
        }
        self.number = number
        recorded = try reader["recorded"].time()
        depositor = try reader["depositor"].identifier(AccountID.self)
        businessType = try reader.shownLabel("businessType")
        title = try reader.shownLabel("title")
        mediaType = try reader.shownLabel("mediaType")
        digest = try reader["digest"].orNull { value throws(JSONShape) in try value.digest() }
        size = try reader["size"].orNull { value throws(JSONShape) in
            guard let size = UInt64(try value.text()) else { throw value.wrong("a number") }
            return size
        }
    }
}

extension StateAnswer {
    init(from reader: JSONShape.Reader) throws(JSONShape) {
        height = try reader["height"].ordinal(Height.self)
        value = try reader["value"].orNull { value throws(JSONShape) in try value.bytes() }
        proof = try reader["proof"].orNull { value throws(JSONShape) in try value.canonical(StateProof.self) }
    }
}

extension JSONShape.Reader {
    fileprivate func shownLabel(_ name: String) throws(JSONShape) -> Label? {
        try self[name].orNull { value throws(JSONShape) in try value.label() }
    }

    /// Names of what an answer leaves out.
    fileprivate func withheld() throws(JSONShape) -> [String] {
        try self["withheld"].list { item throws(JSONShape) in try item.text() }
    }
}
