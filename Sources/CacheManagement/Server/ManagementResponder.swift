package import CacheNode
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOPosix

/// Answers the requests of the management plane: method, right, resource, in this order.
struct ManagementResponder: HTTPResponder {
    let control: NodeControl
    let access: ManagementAccess
    let configuration: ConfigurationResource
    let entries: EntryResource
    let search: SearchSource?
    /// Threads that may wait in a request's place.
    let threads: NIOThreadPool
    let feed: DashboardFeed

    func respond(to request: Request, context: ManagementContext) async throws -> Response {
        // Whoever sends a body that nobody reads is cut, and so is who sends his slowly.
        let cut = request.hasBody ? context.cut(afterSeconds: ManagementLimits.bodySeconds) : nil
        var response: Response
        do {
            response = try await answer(request, context) { cut?.cancel() }
        } catch let problem as ManagementProblem {
            response = Response(problem)
        }
        response.protect()
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(
        _ request: Request, _ context: ManagementContext, bodyRead: () -> Void
    ) async throws -> Response {
        let route = ManagementRoute(path: request.uri.path)
        guard route != .unknown else { throw ManagementProblem.unknownPath }
        guard route.methods.contains(request.method) else {
            let names = route.methods.map(\.rawValue).joined(separator: ", ")
            throw ManagementProblem.notAllowed(names)
        }
        switch await access(request.headers[.authorization], route.right) {
        case .granted: break
        case .unauthenticated: throw ManagementProblem.unauthenticated
        case .forbidden: throw ManagementProblem.forbidden
        case .unavailable: throw ManagementProblem.keysUnavailable
        }
        return try await answer(route, request, context, bodyRead: bodyRead)
    }

    private func answer(
        _ route: ManagementRoute, _ request: Request, _ context: ManagementContext,
        bodyRead: () -> Void
    ) async throws -> Response {
        let query = try QueryFields(request.uri.query)
        switch route {
        case .control(let endpoint): return Response(control.answer(endpoint))
        case .configuration:
            guard request.method == .patch else { return Response(json: configuration.document) }
            let body = try await request.wholeBody()
            bodyRead()
            return Response(json: try await configuration.patch(body))
        case .entries: return Response(json: try await entries.list(query))
        case .entry(let key): return Response(json: try await entries.show(key))
        case .search: return try await answerSearch(query)
        case .document: return Response(json: ManagementDocument.bytes)
        case .page(let file): return file.response
        case .feed: return try feed.response(context)
        case .unknown: throw ManagementProblem.unknownPath
        }
    }

    private func answerSearch(_ query: QueryFields) async throws -> Response {
        guard let search else { throw ManagementProblem.unknownPath }
        guard let text = query["q"], !text.isEmpty else {
            throw ManagementProblem.badRequest("The query parameter \"q\" is missing.")
        }
        return Response(try await threads.runIfActive { search(SearchRequest(query: text)) })
    }
}

extension Request {
    /// A body is announced.
    var hasBody: Bool {
        headers[.transferEncoding] != nil || (headers[.contentLength].map { $0 != "0" } ?? false)
    }

    /// The body; whatever its type is called, it is read as JSON.
    func wholeBody() async throws -> ByteBuffer {
        guard headers[.contentEncoding] == nil else { throw ManagementProblem.wrongCoding }
        do {
            return try await body.collect(upTo: ManagementLimits.bodyBytesMax)
        } catch is NIOTooManyBytesError {
            throw ManagementProblem.tooLarge
        } catch let error as HTTPError where error.status == .contentTooLarge {
            throw ManagementProblem.tooLarge
        }
    }
}
