import CacheBase
import CacheEngine
import Testing

/// Random work on an engine, in and out of transactions, with what each must see and come to.
final class TransactionModel {
    private struct Open {
        let id: TransactionID
        let snapshot: [String: String]
        /// How often each key had changed at the start.
        let changesAtStart: [String: Int]
        /// What it wrote; nil deletes.
        var own: [String: String?] = [:]
        var used: Set<String> = []
    }

    private static let keys = 30
    private static let openMax = 6

    private let rig: Rig
    private let seed: UInt64
    private var random: Xoshiro256
    private var state: [String: String] = [:]
    private var changes: [String: Int] = [:]
    private var open: [Open] = []
    private var steps = 0
    /// Conflicts of which nothing was changed are `needless`: allowed, and rare.
    private(set) var counts = (commits: 0, conflicts: 0, needless: 0)

    init(seed: UInt64) throws {
        rig = try Rig()
        self.seed = seed
        random = Xoshiro256(seed: seed)
    }

    func step() throws {
        steps += 1
        let key = "key \(random.below(Self.keys))"
        let place = open.isEmpty ? nil : random.below(open.count)
        switch (random.below(20), place) {
        case (0...1, _): try begin()
        case (2, _): try put(key)
        case (3, _): try remove(key)
        case (4, _): if random.below(8) == 0 { _ = try rig.engine.flush() }
        case (5, _): if random.below(8) == 0 { _ = try rig.engine.compact() }
        case (6...10, let place?): try read(key, place)
        case (11...13, let place?):
            try rig.put(key, "inside \(steps)", in: open[place].id)
            noteOwn(key, "inside \(steps)", place)
        case (14, let place?):
            try rig.remove(key, in: open[place].id)
            noteOwn(key, nil, place)
        case (_, let place?): try commit(place)
        case (_, nil): break
        }
    }

    /// Everything is as the committed work left it.
    func checkEnd() throws {
        for number in 0..<Self.keys {
            #expect(try rig.value("key \(number)") == state["key \(number)"], context)
        }
        rig.engine.checkInvariants()
    }

    private var context: Comment { "seed \(seed), step \(steps)" }

    private func begin() throws {
        guard open.count < Self.openMax else { return }
        open.append(Open(id: try rig.begin(), snapshot: state, changesAtStart: changes))
    }

    private func put(_ key: String) throws {
        try rig.put(key, "outside \(steps)")
        state[key] = "outside \(steps)"
        changes[key, default: 0] += 1
    }

    private func remove(_ key: String) throws {
        if try rig.remove(key).outcome == .deleted { changes[key, default: 0] += 1 }
        state[key] = nil
    }

    private func noteOwn(_ key: String, _ value: String?, _ place: Int) {
        open[place].own[key] = .some(value)
        open[place].used.insert(key)
    }

    private func isChanged(_ key: String, since transaction: Open) -> Bool {
        changes[key] != transaction.changesAtStart[key]
    }

    private func read(_ key: String, _ place: Int) throws {
        let transaction = open[place]
        do {
            let found = try rig.value(key, in: transaction.id)
            let isOwn = transaction.own[key] != nil
            #expect(found == transaction.own[key] ?? transaction.snapshot[key], context)
            #expect(isOwn || !isChanged(key, since: transaction), context)
            open[place].used.insert(key)
        } catch TransactionError.conflict {
            counts.conflicts += 1
            if !isChanged(key, since: transaction) { counts.needless += 1 }
            open.remove(at: place)
        }
    }

    private func commit(_ place: Int) throws {
        let transaction = open.remove(at: place)
        let mustConflict = transaction.used.contains { isChanged($0, since: transaction) }
        guard try !rig.conflicts(transaction.id) else {
            counts.conflicts += 1
            if !mustConflict { counts.needless += 1 }
            return
        }
        #expect(!mustConflict, context)
        counts.commits += 1
        for (key, value) in transaction.own {
            if state[key] != nil || value != nil { changes[key, default: 0] += 1 }
            state[key] = value
        }
    }
}
