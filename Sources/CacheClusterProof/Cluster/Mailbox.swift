internal import Synchronization

/// What somebody left for the simulation to act on later, in order.
final class Mailbox<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    var isEmpty: Bool { elements.withLock { $0.isEmpty } }

    func post(_ element: Element) { elements.withLock { $0.append(element) } }

    /// Takes the oldest; nil where there is none.
    func take() -> Element? {
        elements.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }

    func takeAll() -> [Element] {
        elements.withLock { elements in
            defer { elements = [] }
            return elements
        }
    }
}
