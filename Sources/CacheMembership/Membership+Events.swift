package import CacheCluster

/// What happens to the node. Each returns the requests to send.
extension Membership {
    /// Time goes on; to be told every 100 ms or so.
    package mutating func tick(at now: UInt64) -> [NumberedRequest] {
        giveUpWaiting(at: now)
        return next(at: now)
    }

    /// The store says that something changed; what, is read.
    package mutating func changed(at now: UInt64) -> [NumberedRequest] {
        nextRead = now
        return next(at: now)
    }

    /// An answer came.
    package mutating func received(
        _ reply: StoreReply, to number: UInt64, at now: UInt64
    ) -> [NumberedRequest] {
        if let pending = leaseRequest, pending.number == number {
            leaseRequest = nil
            leaseAnswered(reply, pending, at: now)
        } else if let pending = readRequest, pending.number == number {
            readRequest = nil
            if case .entries(let entries, let revision) = reply { take(entries, revision) }
        } else if let pending = writeRequest, pending.number == number {
            // Done or not, a read sent from here on tells.
            writeRequest = nil
            readRequest = nil
            nextRead = now
        }
        return next(at: now)
    }

    /// A request failed, and may have taken effect all the same.
    package mutating func failed(_ number: UInt64, at now: UInt64) -> [NumberedRequest] {
        if leaseRequest?.number == number { leaseRequest = nil }
        if readRequest?.number == number {
            readRequest = nil
            nextRead = now + settings.interval
        }
        if writeRequest?.number == number {
            writeRequest = nil
            readRequest = nil
            nextRead = now + settings.interval
        }
        return []
    }

    /// Wants copies changed, a node to leave, and the like, with the map's next epoch.
    ///
    /// What no longer fits the map by then is dropped: who proposed looks at the map and proposes
    /// again. A proposal that waits already is not taken twice.
    /// - Parameter epoch: of the map of which it is said; nil where any will do. What is said of an
    ///   older map than is known here counts for nothing.
    /// - Returns: false where too many wait, or the map is another.
    package mutating func propose(_ event: ClusterEvent, under epoch: UInt64? = nil) -> Bool {
        if let epoch, epoch != map?.epoch { return false }
        return proposals.add(event)
    }

    /// Ends the membership: no more writes from here on, and the lease is given back, so that
    /// others take over at once.
    package mutating func stop(at now: UInt64) -> [NumberedRequest] {
        isStopping = true
        readRequest = nil
        writeRequest = nil
        guard let lease else { return [] }
        self.lease = nil
        return [send(.revokeLease(lease), \.leaseRequest, at: now)]
    }
}

// MARK: - The lease

extension Membership {
    private mutating func giveUpWaiting(at now: UInt64) {
        func isLate(_ pending: PendingRequest?) -> Bool {
            pending.map { now >= $0.sentAt + settings.interval } ?? false
        }
        if isLate(leaseRequest) { leaseRequest = nil }
        if isLate(readRequest) { readRequest = nil }
        if isLate(writeRequest) { writeRequest = nil }
    }

    private mutating func leaseAnswered(
        _ reply: StoreReply, _ pending: PendingRequest, at now: UInt64
    ) {
        switch (pending.request, reply) {
        case (.grantLease, .lease(let lease, let seconds)) where seconds > 0:
            self.lease = lease
            isRegistered = false
            renew(from: pending.sentAt, seconds)
        case (.keepAlive(let kept), .lease(let answered, let seconds))
        where answered == kept && seconds > 0:
            if let until = mayWriteUntil, until <= pending.sentAt { readRegistrationAgain(at: now) }
            renew(from: pending.sentAt, seconds)
        case (.keepAlive, .noLease):
            lease = nil
            renewal = nil
            isRegistered = false
        default:
            // An answer to something else renews nothing.
            break
        }
    }

    private mutating func readRegistrationAgain(at now: UInt64) {
        isRegistered = false
        readRequest = nil
        nextRead = now
    }

    /// A longer lease than was asked for is not relied on.
    private mutating func renew(from sentAt: UInt64, _ seconds: Int) {
        renewal = (sentAt, min(seconds, settings.leaseSeconds))
        nextKeepAlive = sentAt + settings.interval
    }
}

// MARK: - What was read

extension Membership {
    private mutating func take(_ entries: [StoreEntry], _ revision: Int64) {
        guard revision >= view.revision else {
            fault = .storeWentBack(known: view.revision, seen: revision)
            return
        }
        guard entries.count <= MembershipLimits.entriesMax else {
            fault = .unreadable("\(entries.count) entries are too many")
            return
        }
        var seen = StoreView(revision: revision)
        for entry in entries {
            if entry.key == settings.keys.map {
                seen.map = entry
            } else if entry.key == settings.keys.controller {
                seen.controller = entry
            } else if let node = settings.keys.node(of: entry.key) {
                seen.nodes[node] = entry
            }
        }
        takeMap(seen.map)
        view = seen
        isViewFresh = writeRequest == nil
        let mine = seen.nodes[settings.member.id]
        isRegistered = lease != nil && mine?.lease == lease
    }

    private mutating func takeMap(_ entry: StoreEntry?) {
        guard let entry else {
            if map != nil { fault = .mapVanished }
            return
        }
        guard entry.revision != view.map?.revision else { return }
        do {
            let seen = try ClusterMap(decoding: entry.value)
            if let known = map, seen.epoch <= known.epoch {
                if seen != known { fault = .mapWentBack(known: known.epoch, seen: seen.epoch) }
                return
            }
            proposals.forget(map, seen)
            map = seen
        } catch {
            fault = .unreadable(error.description)
        }
    }
}
