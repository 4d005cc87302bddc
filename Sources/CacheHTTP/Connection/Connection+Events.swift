internal import CacheBase
internal import CacheNode
internal import CacheSecurity
internal import NIOCore

extension Connection {
    /// `GET /events`: an answer that is made page by page and has no end but the connection's.
    mutating func performEvents(_ request: Request, _ frame: AnswerFrame) {
        switch resumption {
        case .events(let page): append(page, request)
        case .refused where isStreaming: append(EventPage(end: .overloaded), request)
        case .refused(let error): answers.append(Problem(error), frame)
        case .again, .found, .missed, .written, .transaction, .described, .expired, .forwarded,
            .forwardedAll:
            subscribe(request, frame)
        }
    }

    private mutating func subscribe(_ request: Request, _ frame: AnswerFrame) {
        if let refusal = roleRefusalOfEvents() { return answers.append(refusal, frame) }
        let result = EventSubscription.read(
            request, keyBytesMax: loop.settings.keyBytesMax,
            permissions: loop.tokens == nil ? nil : permissions)
        switch result {
        case .success(let subscription):
            self.subscription = subscription
            waiting = .events(subscription)
        case .failure(let refusal): answers.append(refusal.problem, frame)
        }
    }

    private mutating func append(_ page: EventPage, _ request: Request) {
        keepsAlive = false
        if !isStreaming {
            isStreaming = true
            appendEventHead(frame(request.head))
        }
        if page.isLast { return append(page.text) }
        // Before the page is told: a token may have ended since the page was wanted.
        guard let subscription = granted(request) else { return endEvents(.unauthorized) }
        guard answers.admit(page.text.readableBytes) else { return endEvents(.overloaded) }
        append(page.text)
        guard !loop.isDraining else { return endEvents(.draining) }
        waiting = .events(subscription)
    }

    private mutating func endEvents(_ end: EventStreamEnd) { append(EventPage(end: end).text) }

    private mutating func append(_ text: ByteBuffer) {
        guard text.readableBytes > 0 else { return }
        answers.append(atMost: text.readableBytes) { cursor in
            text.withUnsafeReadableBytes { cursor.write($0) }
        }
    }

    private mutating func appendEventHead(_ frame: AnswerFrame) {
        answers.append(atMost: AnswerFrame.headBytesMax) { cursor in
            frame.begin(StatusLine.ok, &cursor)
            cursor.write("Content-Type: text/event-stream\r\nCache-Control: no-store\r\n\r\n")
        }
    }

    /// The subscription with the rights of this moment: a stream may outlive its token.
    /// - Returns: nil where the token is not valid any more, or its roles read nothing.
    private mutating func granted(_ request: Request) -> EventSubscription? {
        guard loop.tokens != nil else { return subscription }
        permissions = nil
        guard case .granted = access(request.head, request.bytes, .events),
            roleRefusalOfEvents() == nil
        else { return nil }
        subscription = subscription?.granting(permissions)
        return subscription
    }
}
