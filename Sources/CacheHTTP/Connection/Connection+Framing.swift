internal import CacheNode
internal import NIOCore

extension Connection {
    /// Takes the next step over `bytes`, which begin where `stage` says.
    /// - Returns: the bytes done with; nil where more are needed, or the request waits.
    mutating func step(_ bytes: UnsafeRawBufferPointer) -> Int? {
        switch stage {
        case .head: return stepHead(bytes)
        case .body(let total):
            guard bytes.count >= total else { return nil }
            return carryOutWhole(bytes, count: total, isChunked: false)
        case .chunks(let route): return stepChunks(bytes, route)
        case .whole(let count, let isChunked):
            return carryOutWhole(bytes, count: count, isChunked: isChunked)
        case .discard(let left):
            guard !bytes.isEmpty else { return nil }
            let used = min(left, bytes.count)
            stage = used == left ? .head : .discard(left: left - used)
            if used == left { deadlines.bodyEnded() }
            return used
        case .ended: return nil
        }
    }

    @inline(__always)
    private mutating func stepHead(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard !bytes.isEmpty else { return nil }
        switch parser.parse(bytes) {
        case .complete:
            permissions = nil
            if parser.head.framing == .none {
                deadlines.headEnded()
                return carryOutWhole(bytes, count: parser.head.count, isChunked: false)
            }
            return admitBody(bytes)
        case .incomplete:
            deadlines.headBegan(loop.now)
            return nil
        case .failed(let fault):
            refuseAndClose(Problem(fault))
            return nil
        }
    }

    /// Decides on a body before it is read.
    private mutating func admitBody(_ bytes: UnsafeRawBufferPointer) -> Int? {
        deadlines.headEnded()
        let head = parser.head
        let route = Route(head.path(in: bytes))
        let expects = head.fields.contains(.expectContinue) && head.minorVersion == 1
        var refusal = Request.refusal(head, bytes, route) ?? earlyRefusal(head, bytes, route)
        let limit = route.bodyBytesMax(head.method, loop.settings)
        if case .length(let length) = head.framing {
            if length > limit { refusal = refusal ?? .tooLarge("The body is too large.") }
            if let refusal { return refuse(refusal, length, expects, head) }
            return awaitBody(bytes, length, expects)
        }
        if let refusal, expects {
            refuseAndClose(refusal)
            return nil
        }
        if expects, bytes.count == head.count { appendContinue() }
        savedHead.clear()
        savedHead.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[..<head.count]))
        body.clear()
        decoder = ChunkedDecoder()
        deadlines.bodyBegan(loop.now)
        stage = .chunks(refusal == nil ? route : .unknown)
        return head.count
    }

    private mutating func awaitBody(
        _ bytes: UnsafeRawBufferPointer, _ length: Int, _ expects: Bool
    ) -> Int? {
        let total = parser.head.count + length
        if bytes.count >= total {
            return carryOutWhole(bytes, count: total, isChunked: false)
        }
        if expects, bytes.count == parser.head.count { appendContinue() }
        deadlines.bodyBegan(loop.now)
        stage = .body(total: total)
        return nil
    }

    /// Refuses a request by its head. A small body is read and thrown away; after a larger one,
    /// and where the client may or may not send it, the connection is closed.
    private mutating func refuse(
        _ problem: Problem, _ length: Int, _ expects: Bool, _ head: RequestHead
    ) -> Int? {
        guard length <= HTTPLimits.discardedBodyBytesMax, !expects else {
            refuseAndClose(problem)
            return nil
        }
        keepsAlive = head.keepsAlive && !loop.isDraining
        answers.append(problem, frame(head))
        times.note(.other)
        parser.reset()
        if !keepsAlive {
            close()
        } else if length > 0 {
            deadlines.bodyBegan(loop.now)
            stage = .discard(left: length)
        }
        return head.count
    }

    private mutating func stepChunks(_ bytes: UnsafeRawBufferPointer, _ route: Route) -> Int? {
        let limit = route.bodyBytesMax(parser.head.method, loop.settings)
        var position = 0
        while true {
            switch decoder.next(bytes, &position) {
            case .data(let data):
                guard body.readableBytes + Int(data.count) <= limit else {
                    refuseAndClose(.tooLarge("The body is too large."))
                    return nil
                }
                body.writeBytes(data.bytes(in: bytes))
                chargeInput()
            case .complete:
                deadlines.bodyEnded()
                stage = .whole(count: 0, isChunked: true)
                return position
            case .failed(let fault):
                refuseAndClose(Problem(fault))
                return nil
            case .incomplete:
                return position > 0 ? position : nil
            }
            if isClosing { return nil }
        }
    }

    private mutating func appendContinue() {
        answers.append(atMost: 32) { $0.write("HTTP/1.1 100 Continue\r\n\r\n") }
    }

    /// Answers a request whose framing is lost, or whose body is not read.
    mutating func refuseAndClose(_ problem: Problem) {
        keepsAlive = false
        answers.append(problem, frame(parser.head))
        times.note(.other)
        close()
    }

    func frame(_ head: RequestHead) -> AnswerFrame {
        AnswerFrame(
            date: loop.date, keepsAlive: keepsAlive, minorVersion: head.minorVersion,
            omitsBody: head.method == .head)
    }

    /// Carries out the request that is whole.
    /// - Returns: `count`; nil where it waits.
    @inline(__always)
    private mutating func carryOutWhole(
        _ bytes: UnsafeRawBufferPointer, count: Int, isChunked: Bool
    ) -> Int? {
        keepsAlive = parser.head.keepsAlive && !loop.isDraining
        if isChunked {
            carryOutChunked()
        } else {
            let content = UnsafeRawBufferPointer(rebasing: bytes[parser.head.count..<count])
            perform(Request(bytes: bytes, head: parser.head, body: content))
        }
        guard !isWaiting else {
            stage = .whole(count: count, isChunked: isChunked)
            return nil
        }
        endRequest(isChunked: isChunked)
        return count
    }

    private mutating func carryOutChunked() {
        var head = ByteBuffer()
        var content = ByteBuffer()
        swap(&head, &savedHead)
        swap(&content, &body)
        head.withUnsafeReadableBytes { head in
            content.withUnsafeReadableBytes { content in
                perform(Request(bytes: head, head: parser.head, body: content))
            }
        }
        swap(&head, &savedHead)
        swap(&content, &body)
    }

    @inline(__always)
    private mutating func endRequest(isChunked: Bool) {
        times.note(operation)
        parser.reset()
        resumption = .again
        movedReads = 0
        stage = .head
        deadlines.requestEnded(loop.now)
        if isChunked { body = ByteBuffer() }
        if !keepsAlive { close() }
    }

    /// Takes a growing input's bytes from the budget; closes where nothing is left.
    mutating func chargeInput() {
        // While a request waits, its answer comes first; what comes meanwhile is limited by itself.
        guard !isWaiting else { return }
        // What is allocated, and not what is used of it: buffers grow in powers of two.
        let held = input.storageCapacity + body.storageCapacity
        guard held > inputCharge + HTTPLimits.retainedBufferBytesMax else { return }
        guard loop.inputBudget.take(held - inputCharge) else {
            return refuseAndClose(.overloaded("Bodies of other requests take all buffers."))
        }
        inputCharge = held
    }

    /// Gives back what the input no longer holds, and a large buffer's memory.
    mutating func settleInput() {
        guard input.readableBytes == 0, body.readableBytes == 0 else {
            input.discardReadBytes()
            return
        }
        if inputCharge > 0 {
            loop.inputBudget.give(inputCharge)
            inputCharge = 0
        }
        if input.storageCapacity > HTTPLimits.retainedBufferBytesMax {
            input = ByteBuffer()
        } else if input.readerIndex > 0 {
            input.clear()
        }
    }
}
