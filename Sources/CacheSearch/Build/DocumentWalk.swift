/// Posts the words of one document to a builder: of plain text once, of JSON values under their
/// field as well.
///
/// Invariant: `position` is the place of the next word; it only grows.
struct DocumentWalk: JSONVisitor {
    private let builder: SearchIndexBuilder
    private let document: UInt32
    private var position: UInt32 = 0
    /// Words posted, without those of fields.
    private(set) var words: UInt32 = 0

    init(_ builder: SearchIndexBuilder, _ document: UInt32) {
        self.builder = builder
        self.document = document
    }

    @inline(__always)
    mutating func plain(_ text: UnsafeRawBufferPointer) {
        let analyzer = builder.analyzer
        var segmenter = analyzer.words(text)
        var batch = WordBatch()
        while position < SearchLimits.positionsMax, let word = segmenter.next() {
            let length = analyzer.fold(word, of: text)
            if length > 0 { builder.add(folded: length, at: position, to: &batch) }
            position &+= 1
            if batch.isFull { words &+= builder.post(&batch, of: document) }
        }
        words &+= builder.post(&batch, of: document)
    }

    mutating func text(_ path: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer) {
        value(path, text)
        if let time = TimeText(text) {
            builder.addPoint(.time, path, time.start, document)
        }
    }

    mutating func number(_ path: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer) {
        value(path, text)
        if let value = Double(String(decoding: text, as: UTF8.self)) {
            builder.addPoint(.number, path, value, document)
        }
    }

    private mutating func value(_ path: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer) {
        guard position < SearchLimits.positionsMax else { return }
        let field = builder.path(path)
        let analyzer = builder.analyzer
        var segmenter = analyzer.words(text)
        while let word = segmenter.next() {
            let length = analyzer.fold(word, of: text)
            if length > 0, let chain = builder.chain(ofFolded: length) {
                builder.post(chain, document, position)
                if let field {
                    builder.post(builder.fieldChain(chain, path: field), document, position)
                }
                words &+= 1
            }
            position &+= 1
        }
        position &+= SearchLimits.valueGap
    }
}

/// Finds out whether a text is JSON, before anything of it is indexed.
struct JSONProbe: JSONVisitor {
    mutating func text(_ path: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer) {}
    mutating func number(_ path: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer) {}
}
