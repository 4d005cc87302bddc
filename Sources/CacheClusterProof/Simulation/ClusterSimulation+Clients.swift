internal import CacheBase
internal import CacheCluster
internal import CacheEngine
internal import CacheFiles
internal import CacheProof
internal import CacheReplication

/// What clients do: each writes its own keys, one write after the other.
extension ClusterSimulation {
    func useClient() throws {
        let index = random.below(clients.count)
        if clients[index].waiting != nil {
            // Now and then it waits no longer, or the node says that it leads no more.
            let isWritable = clients[index].waiting?.life.isWritable ?? false
            if random.below(isWritable ? 200 : 8) == 0 { abandon(index) }
            return
        }
        if random.below(3) == 0 { clients[index].map = drawMap() }
        guard let key = pick(clients[index].keys) else { return }
        switch random.below(16) {
        case 0..<9: try write(key, isDelete: false, by: index)
        case 9..<11: try writeBatch(key, by: index)
        case 11..<13: try write(key, isDelete: true, by: index)
        default: try read(key, by: index)
        }
    }

    /// The newest, or that of some node.
    private func drawMap() -> ClusterMap {
        let maps = nodes.compactMap { $0.life?.routing } + [agreement.map]
        return maps[random.below(maps.count)]
    }

    /// Whom a client's map names, where that one takes itself for the primary too.
    private func primary(_ key: Int, by index: Int) -> (node: SimulatedNode, life: NodeLife)? {
        let partition = keys[key].partition
        guard let id = clients[index].map[partition].primary,
            let node = nodes.first(where: { $0.id == id }), let life = node.running,
            life.routing?[partition].primary == id, !life.notLed.contains(partition)
        else { return nil }
        return (node, life)
    }

    func write(_ key: Int, isDelete: Bool, by index: Int) throws {
        guard let (node, life) = primary(key, by: index), life.isWritable else { return }
        try flushIfBehind(node, life)
        nextNumber += 1
        counts.writes += 1
        keys[key].begin(nextNumber, isDelete: isDelete)
        trace.note(isDelete ? "delete" : "put", UInt64(node.number), UInt64(key), nextNumber)
        do throws(StorageError) {
            let bytes = isDelete ? nil : 8 + random.below(profile.valueBytes)
            let receipt = try life.write(keys[key].key, nextNumber, bytes: bytes)
            // Nothing was there, and nothing written: it tells no more than a read would.
            remark(keys[key].partition)
            if receipt.outcome == .absent { return keys[key].refused(nextNumber) }
            clients[index].waiting = ClusterClient.Waiting(
                node: node, life: life, writes: [(key, nextNumber)], lsn: receipt.lsn)
        } catch {
            trace.note("refused", UInt64(node.number))
            if !node.disk.isDown { keys[key].refused(nextNumber) }
            clients[index].map = agreement.map
        }
    }

    /// Writes some keys that a node leads in one step: one record of several partitions.
    private func writeBatch(_ key: Int, by index: Int) throws {
        guard let (node, life) = primary(key, by: index), life.isWritable else { return }
        let others = clients[index].keys.filter { other in
            other != key && primary(other, by: index)?.life === life && random.coin()
        }
        try flushIfBehind(node, life)
        let writes = ([key] + others.prefix(4)).map { key -> (key: Int, number: UInt64) in
            nextNumber += 1
            keys[key].begin(nextNumber, isDelete: false)
            return (key, nextNumber)
        }
        counts.writes += writes.count
        trace.note("batch", UInt64(node.number), UInt64(writes.count), nextNumber)
        do throws(StorageError) {
            let bytes = 8 + random.below(profile.valueBytes)
            let lsn = try life.write(writes.map { (keys[$0.key].key, $0.number) }, bytes: bytes)
            clients[index].waiting = ClusterClient.Waiting(
                node: node, life: life, writes: writes, lsn: lsn)
        } catch {
            trace.note("refused", UInt64(node.number))
            if !node.disk.isDown { for (key, number) in writes { keys[key].refused(number) } }
            clients[index].map = agreement.map
        }
    }

    /// How a partition stands everywhere.
    func remark(_ partition: Partition) {
        tracePrint("  " + standing(partition))
    }

    /// Answers a write once that may be told, for as long as the process lives.
    func answer(_ index: Int) throws {
        guard let waiting = clients[index].waiting else { return }
        guard waiting.node.life === waiting.life else { return abandon(index) }
        let engine = waiting.life.engine
        if waiting.node.isPaused { return }
        if engine.answersWait, engine.abandonedLSN >= waiting.lsn { return abandon(index) }
        if engine.answersWaitForSync, engine.durableLSN < waiting.lsn {
            _ = try? engine.waitUntilDurable(waiting.lsn)
        }
        guard !engine.answersWait || engine.answerableLSN >= waiting.lsn else { return }
        counts.acknowledged += 1
        for (key, number) in waiting.writes {
            trace.note("acknowledged", UInt64(waiting.node.number), number)
            keys[key].shown(number, at: wall)
        }
        clients[index].waiting = nil
    }

    /// Nobody knows what came of it.
    private func abandon(_ index: Int) {
        counts.unknown += 1
        trace.note("unknown", clients[index].waiting?.lsn.rawValue ?? 0)
        clients[index].waiting = nil
    }

    /// What a primary shows a reader is there to stay.
    func read(_ key: Int, by index: Int) throws {
        guard let (node, life) = primary(key, by: index) else { return }
        // One that is not in the map of now any more may show what is old.
        guard life.isWritable, life.replication.epoch(leading: keys[key].partition) != nil else {
            return
        }
        counts.reads += 1
        guard let number = try life.shownNumber(of: keys[key].key) else { return }
        trace.note("read", UInt64(node.number), UInt64(key), number)
        keys[key].shown(number, at: wall)
    }

    /// A copy at a node that does not lead it is no older than it says.
    func readCopy() throws {
        let key = random.below(keys.count)
        let partition = keys[key].partition
        let holders = nodes.filter { node in
            guard let life = node.running, let map = life.routing else { return false }
            return map[partition].involves(node.id)
                && life.replication.epoch(leading: partition) == nil
        }
        guard let node = pick(holders), let life = node.running else { return }
        let now = life.clock.monotonicNanoseconds()
        guard let age = life.replication.ages.milliseconds(partition, now: now) else { return }
        let found = try life.number(of: keys[key].key)
        counts.copyReads += 1
        trace.note("read copy", UInt64(node.number), UInt64(key), found ?? 0, age)
        if let flaw = keys[key].flaw(of: found, asOf: wall - min(wall, age)) {
            throw failure("\(node.id) has a copy that it says is \(age) ms old at most: \(flaw)")
        }
    }
}

extension NodeLife {
    /// Writes a value, or deletes where `bytes` is nil.
    func write(
        _ key: [UInt8], _ number: UInt64, bytes: Int?
    ) throws(StorageError) -> WriteReceipt {
        let value = bytes.map { KeyHistory.value(number, bytes: $0) }
        let result = key.withUnsafeBytes { raw -> Result<WriteReceipt, StorageError> in
            Result { () throws(StorageError) in
                let view = engine.key(raw)
                guard let value else { return try engine.remove(view) }
                return try value.withUnsafeBytes { value in
                    Result { () throws(StorageError) in
                        try engine.put(
                            view, value: value, contentType: .init(start: nil, count: 0),
                            expiry: .never)
                    }
                }.get()
            }
        }
        return try result.get()
    }

    /// Writes several keys in one step.
    func write(_ writes: [(key: [UInt8], number: UInt64)], bytes: Int) throws(StorageError) -> LSN {
        var batch = WriteBatch(for: engine.options)
        for (key, number) in writes {
            let value = KeyHistory.value(number, bytes: bytes)
            let result = key.withUnsafeBytes { key in
                value.withUnsafeBytes { value in
                    Result { () throws(StorageError) in
                        try batch.put(
                            engine.key(key), value: value,
                            contentType: .init(start: nil, count: 0), expiry: .never)
                    }
                }
            }
            try result.get()
        }
        return try engine.apply(batch).lsn
    }

    /// The write whose value a reader would be shown now; nil for none, or where it must wait.
    func shownNumber(of key: [UInt8]) throws -> UInt64? {
        let last = engine.answersWait ? engine.answerableLSN : engine.lastLSN
        guard let (value, lsn) = try entry(of: key, mayWait: false), lsn <= last else {
            return nil
        }
        return KeyHistory.number(of: value)
    }

    /// The write whose value the node has, whether it may show it or not.
    func number(of key: [UInt8]) throws -> UInt64? {
        engine.setWaitsForCopies(false)
        defer { engine.setWaitsForCopies(true) }
        return try entry(of: key, mayWait: true).map { KeyHistory.number(of: $0.value) ?? 0 }
    }

    private func entry(of key: [UInt8], mayWait: Bool) throws -> (value: [UInt8], lsn: LSN)? {
        var found: (value: [UInt8], lsn: LSN)?
        let scratch = ReadScratch()
        try key.withUnsafeBytes { raw in
            let view = engine.key(raw)
            while true {
                switch engine.read(view, { found = (Array($0.value), $0.lsn) }) {
                case .hit, .miss: return
                case .notDurable(let lsn):
                    guard mayWait else { return }
                    try engine.waitUntilDurable(lsn)
                case .cold(let cold):
                    let outcome = try engine.readCold(
                        cold, key: view, scratch: scratch, mayBlock: true
                    ) { found = (Array($0.value), $0.lsn) }
                    if case .moved = outcome { continue }
                    return
                }
            }
        }
        return found
    }
}
