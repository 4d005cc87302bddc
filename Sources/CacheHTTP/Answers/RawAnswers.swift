internal import CacheBase

/// What a raw read asks for beside the key.
struct RawDemand {
    enum Precondition { case met, notModified, failed }

    let request: Request
    let frame: AnswerFrame
    let now: Timestamp
    /// See `EntityTags`.
    let mark: UnsafeRawBufferPointer

    /// `If-Match`, then `If-None-Match` (RFC 9110, section 13.2.2).
    func precondition(_ version: LSN?) -> Precondition? {
        let fields = request.head.fields
        if fields.contains(.ifMatch) {
            let tags = tags(of: "if-match", version)
            if tags.isMalformed { return nil }
            guard tags.isAny ? version != nil : tags.matchesStrongly else { return .failed }
        }
        if fields.contains(.ifNoneMatch) {
            let tags = tags(of: "if-none-match", version)
            if tags.isMalformed { return nil }
            if tags.isAny ? version != nil : tags.matchesWeakly { return .notModified }
        }
        return .met
    }

    /// The part that `Range` asks for, unless `If-Range` names another version.
    func range(_ version: LSN, _ count: Int) -> ContentRange {
        let head = request.head
        guard head.fields.contains(.range), head.method == .get else { return .whole }
        if head.fields.contains(.ifRange) {
            var tags = EntityTags(comparedWith: version, mark: mark)
            tags.add(head.ifRange.bytes(in: request.bytes))
            guard tags.matchesStrongly, tags.count == 1, !tags.isMalformed else { return .whole }
        }
        return ContentRange(head.range.bytes(in: request.bytes), of: count)
    }

    private func tags(of name: StaticString, _ version: LSN?) -> EntityTags {
        var tags = EntityTags(comparedWith: version, mark: mark)
        request.head.forEachValue(of: name, in: request.bytes) { tags.add($0) }
        return tags
    }
}

extension AnswerQueue {
    /// The answer to a raw read that found an entry.
    mutating func appendRaw(_ found: Found, _ demand: RawDemand) {
        let frame = demand.frame
        let hasConditions = !demand.request.head.fields.isDisjoint(with: [.ifMatch, .ifNoneMatch])
        if hasConditions {
            switch demand.precondition(found.lsn) {
            case .met?: break
            case .notModified?: return appendNotModified(found, demand)
            case .failed?: return append(.conditionFailed, frame)
            case nil: return append(.badTags, frame)
            }
        }
        switch demand.range(found.lsn, found.value.count) {
        case .whole: appendWhole(found, demand)
        case .part(let part): appendPart(found, part, demand)
        case .unsatisfiable:
            append(
                Problem(
                    416, "range", "Range not satisfiable",
                    .fixed("The range lies behind the end of the value."),
                    fields: .made("Content-Range: bytes */\(found.value.count)\r\n")), frame)
        }
    }

    /// Room for what `writeFields` writes: type 14 + 255 + 2, tag 8 + 20 + 9 + 2, age 24 + 20 + 2,
    /// ranges 22.
    private static let entryFieldsMax = 384

    private mutating func appendWhole(_ found: Found, _ demand: RawDemand) {
        let frame = demand.frame
        let sent = frame.omitsBody ? 0 : found.value.count
        guard admit(sent) else { return append(.answersFull, frame) }
        append(atMost: AnswerFrame.headBytesMax + Self.entryFieldsMax + sent) { cursor in
            frame.begin(StatusLine.ok, &cursor)
            Self.writeType(found, to: &cursor)
            Self.writeVersion(found, demand, to: &cursor)
            cursor.write("Accept-Ranges: bytes\r\n")
            frame.endHead(length: found.value.count, &cursor)
            if !frame.omitsBody { cursor.write(found.value) }
        }
    }

    private mutating func appendPart(_ found: Found, _ part: Range<Int>, _ demand: RawDemand) {
        let frame = demand.frame
        guard admit(part.count) else { return append(.answersFull, frame) }
        let room = AnswerFrame.headBytesMax + Self.entryFieldsMax + 96 + part.count
        append(atMost: room) { cursor in
            frame.begin(StatusLine.partial, &cursor)
            Self.writeType(found, to: &cursor)
            Self.writeVersion(found, demand, to: &cursor)
            cursor.write("Content-Range: bytes ")
            cursor.writeDecimal(UInt64(part.lowerBound))
            cursor.write("-")
            cursor.writeDecimal(UInt64(part.upperBound - 1))
            cursor.write("/")
            cursor.writeDecimal(UInt64(found.value.count))
            cursor.write("\r\n")
            frame.endHead(length: part.count, &cursor)
            cursor.write(UnsafeRawBufferPointer(rebasing: found.value[part]))
        }
    }

    private mutating func appendNotModified(_ found: Found, _ demand: RawDemand) {
        append(atMost: AnswerFrame.headBytesMax + Self.entryFieldsMax) { cursor in
            demand.frame.begin(StatusLine.notModified, &cursor)
            Self.writeVersion(found, demand, to: &cursor)
            cursor.write("\r\n")
        }
    }

    @inline(__always)
    private static func writeType(_ found: Found, to cursor: inout ByteCursor) {
        cursor.write("Content-Type: ")
        if found.contentType.isEmpty {
            cursor.write("application/octet-stream")
        } else {
            cursor.write(found.contentType)
        }
        cursor.write("\r\n")
    }

    @inline(__always)
    private static func writeVersion(
        _ found: Found, _ demand: RawDemand, to cursor: inout ByteCursor
    ) {
        // What a transaction wrote has no version before its commit.
        if found.lsn != .zero {
            cursor.write("ETag: \"")
            cursor.writeDecimal(found.lsn.rawValue)
            cursor.write(demand.mark)
            cursor.write("\"\r\n")
        }
        guard !found.expiry.isNever else { return }
        let left = found.expiry.rawValue - min(demand.now.rawValue, found.expiry.rawValue)
        cursor.write("Cache-Control: max-age=")
        cursor.writeDecimal(left / 1000)
        cursor.write("\r\n")
    }
}

extension Problem {
    static let badTags = Problem.badRequest("A condition that is not a list of entity tags.")
}
