internal import CacheBase
internal import CacheEngine
internal import CacheNode
internal import CacheSecurity

/// The body of `POST /cache`, decoded; the bytes lie in the request or in the loop's scratch.
struct DecodedPut {
    let key: UnsafeRawBufferPointer
    let value: UnsafeRawBufferPointer
    let ttl: TimeToLive?
}

extension Connection {
    mutating func putJSON(_ request: Request, _ frame: AnswerFrame) {
        if resumeWrite(request, frame, .json) { return }
        guard let durability = durability(request, frame) else { return }
        let fields: OperationFields
        do throws(JSONFault) {
            var scanner = JSONScanner(request.body)
            fields = try OperationFields(&scanner, allowed: .ofPut)
            try scanner.end()
        } catch {
            return answers.append(Problem(error, in: request.body), frame)
        }
        guard fields.members.isSuperset(of: [.key, .value]) else {
            return answers.append(.badRequest("\"key\" or \"value\" is missing."), frame)
        }
        let transaction = transaction(request, body: fields.transactionID)
        switch decode(fields, request.body) {
        case .failure(let refusal): answers.append(refusal.problem, frame)
        case .success(let put):
            if let refusal = refusal(of: .write, put.key) {
                answers.append(refusal, frame)
                break
            }
            guard
                isServedHere(
                    put.key, request, frame, isWrite: true, transaction,
                    inBody: fields.transactionID)
            else { break }
            store(
                request, frame, put.key, put.value, .init(start: nil, count: 0), put.ttl,
                .none, transaction, durability, .json)
        }
        loop.releaseValueRoom()
    }

    struct Refusal: Error {
        let problem: Problem
    }

    /// Takes escapes and base64 off a put's key and value, and checks their lengths.
    mutating func decode(
        _ fields: OperationFields, _ text: UnsafeRawBufferPointer
    ) -> Result<DecodedPut, Refusal> {
        guard let key = decodedKey(fields.key, text) else {
            return .failure(
                Refusal(
                    problem: keyProblem(Int(fields.key.extent.count))
                        ?? .badRequest("The key is empty or too long.")))
        }
        var value = fields.value.bytes(in: text)
        if fields.value.hasEscapes {
            let space = loop.valueRoom(value.count)
            let count = fields.value.unescape(text, into: space)
            value = UnsafeRawBufferPointer(rebasing: space[..<count])
        }
        if fields.isBase64 {
            let space = loop.valueRoom(value.count)
            guard let count = Base64.decode(value, into: space) else {
                return .failure(Refusal(problem: .badRequest("The value is not base64.")))
            }
            value = UnsafeRawBufferPointer(rebasing: space[..<count])
        }
        guard value.count <= loop.settings.valueBytesMax else {
            return .failure(Refusal(problem: .tooLarge("The value is too large. Not applied.")))
        }
        return .success(DecodedPut(key: key, value: value, ttl: fields.ttl))
    }

    /// A JSON key without escapes; nil where it is empty or too long.
    func decodedKey(
        _ string: JSONString, _ text: UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        var key = string.bytes(in: text)
        if string.hasEscapes {
            guard key.count <= loop.keyScratch.count else { return nil }
            let count = string.unescape(text, into: loop.keyScratch)
            key = UnsafeRawBufferPointer(rebasing: loop.keyScratch[..<count])
        }
        return key.isEmpty || key.count > loop.settings.keyBytesMax ? nil : key
    }

    mutating func putRaw(
        _ request: Request, _ frame: AnswerFrame, _ key: UnsafeRawBufferPointer,
        _ transaction: NamedTransaction
    ) {
        if resumeWrite(request, frame, .raw) { return }
        guard let durability = durability(request, frame),
            let condition = condition(request, frame)
        else { return }
        let head = request.head
        // An extent means nothing where its field is missing: it may lie outside of the request.
        let type =
            head.fields.contains(.contentType)
            ? head.contentType.bytes(in: request.bytes) : .init(start: nil, count: 0)
        guard type.count <= HTTPLimits.contentTypeBytesMax else {
            return answers.append(.badRequest("Content-Type exceeds 255 bytes."), frame)
        }
        var ttl: TimeToLive?
        if let text = request.query.ttl {
            ttl = TimeToLive(seconds: text)
            guard ttl != nil else { return answers.append(.badRequest(TimeToLive.allowed), frame) }
        } else if head.fields.contains(.cacheControl) {
            head.forEachValue(of: "cache-control", in: request.bytes) {
                ttl = ttl ?? TimeToLive(cacheControl: $0)
            }
        }
        store(
            request, frame, key, request.body, type, ttl, condition, transaction, durability, .raw)
    }

    @inline(__always)
    private mutating func store(
        _ request: Request, _ frame: AnswerFrame, _ key: UnsafeRawBufferPointer,
        _ value: UnsafeRawBufferPointer, _ type: UnsafeRawBufferPointer, _ ttl: TimeToLive?,
        _ condition: WriteCondition, _ transaction: NamedTransaction,
        _ durability: Assurance, _ form: AnswerForm
    ) {
        switch transaction {
        case .none: break
        case .refused(let problem): return answers.append(problem, frame)
        case .elsewhere: preconditionFailure("forwarded before")
        case .named(let id):
            let content = InsideContent(value: value, contentType: type, expiry: expiry(ttl))
            return writeInside(id, key, content, condition, frame, form)
        }
        if condition.asksForVersion {
            let content = WriteJob.Content(
                value: Array(value), contentType: Array(type), expiry: expiry(ttl))
            waiting = .write(WriteJob(key: Array(key), content: content, condition: condition))
            return
        }
        do throws(StorageError) {
            let receipt = try store.put(
                store.key(key), value: value, contentType: type, expiry: expiry(ttl),
                condition: condition)
            finish(receipt, request, frame, durability, form)
        } catch {
            answers.append(Problem(error), frame)
        }
    }

    mutating func remove(
        _ request: Request, _ frame: AnswerFrame, _ key: UnsafeRawBufferPointer,
        _ transaction: NamedTransaction, form: AnswerForm
    ) {
        if resumeWrite(request, frame, form) { return }
        guard let durability = durability(request, frame) else { return }
        var condition = WriteCondition.none
        if form == .raw {
            guard let asked = self.condition(request, frame) else { return }
            condition = asked
        }
        switch transaction {
        case .none: break
        case .refused(let problem): return answers.append(problem, frame)
        case .elsewhere: preconditionFailure("forwarded before")
        case .named(let id): return writeInside(id, key, nil, condition, frame, form)
        }
        if condition.asksForVersion {
            waiting = .write(WriteJob(key: Array(key), content: nil, condition: condition))
            return
        }
        do throws(StorageError) {
            let receipt = try store.remove(store.key(key), condition: condition)
            finish(receipt, request, frame, durability, form)
        } catch {
            answers.append(Problem(error), frame)
        }
    }

    /// When an entry written now ends.
    @inline(__always)
    func expiry(_ ttl: TimeToLive?) -> Expiry {
        switch ttl {
        case .never?: return .never
        case .milliseconds(let milliseconds)?:
            return Expiry(milliseconds: milliseconds, after: loop.clock.now())
        case nil:
            let standard = loop.settings.defaultTTLMilliseconds
            guard standard > 0 else { return .never }
            return Expiry(milliseconds: standard, after: loop.clock.now())
        }
    }

    private mutating func durability(
        _ request: Request, _ frame: AnswerFrame
    ) -> Assurance? {
        if let wait = Assurance(request) { return wait }
        answers.append(
            .badRequest("DCS-Wait is log, synced, quorum or all. Not applied."), frame)
        return nil
    }

    /// What `If-Match` and `If-None-Match` demand of a write; answers and returns nil where that
    /// cannot be.
    private mutating func condition(
        _ request: Request, _ frame: AnswerFrame
    ) -> WriteCondition? {
        let fields = request.head.fields
        guard !fields.isDisjoint(with: [.ifMatch, .ifNoneMatch]) else { return WriteCondition.none }
        guard !fields.isSuperset(of: [.ifMatch, .ifNoneMatch]) else {
            answers.append(.badRequest("If-Match and If-None-Match together on a write."), frame)
            return nil
        }
        let isMatch = fields.contains(.ifMatch)
        var tags = EntityTags(comparedWith: nil, mark: loop.tagMark)
        request.head.forEachValue(
            of: isMatch ? "if-match" : "if-none-match", in: request.bytes
        ) { tags.add($0) }
        guard !tags.isMalformed else {
            answers.append(.badTags, frame)
            return nil
        }
        if tags.isAny { return isMatch ? .present : .absent }
        guard tags.count == 1 else {
            answers.append(.badRequest("More than one entity tag on a write."), frame)
            return nil
        }
        // A weak tag never matches strongly; a tag of no version matches no entry. Version 0 is
        // no entry's.
        let first = tags.first
        if isMatch { return .version(first.map { $0.isWeak ? .zero : $0.version } ?? .zero) }
        return .notVersion(first?.version ?? .zero)
    }
}
