/// Every limit of full-text search in one place, with what happens when it is reached.
package enum SearchLimits {
    /// Bytes of one word as indexed; a longer one is counted as a place and not found.
    package static var termBytesMax: Int { 255 }
    /// Bytes of the path of a JSON field; values of a longer one are found without their field.
    package static var pathBytesMax: Int { 255 }
    /// Fields of one index; values of further ones are found without their field.
    package static var fieldsMax: Int { 4096 }
    /// Nesting of JSON; a deeper value is indexed as plain text.
    package static var jsonDepthMax: Int { 64 }
    /// Places between two values of a JSON document, so that no phrase spans them.
    package static var valueGap: UInt32 { 100 }
    /// Bytes of one value; the text behind them is not found, and longer JSON counts as text.
    package static var documentBytesMax: Int { 64 << 20 }
    /// Places of one document; words behind them are not found.
    package static var positionsMax: UInt32 { 1 << 30 }
    /// Address space of one index while it is built; more is refused (`overloaded`).
    package static var builderBytesMax: Int { 4 << 30 - 2 << 20 }
    /// Bytes of a search file; a larger one is refused as damaged.
    package static var fileBytesMax: Int { 16 << 30 }
    /// Entries of one index, as of a segment.
    package static var ordinalsMax: Int { 1 << 30 }

    /// Bytes of a query; more are refused.
    package static var queryBytesMax: Int { 16 << 10 }
    /// Words, phrases and ranges of a query; more are refused.
    package static var queryTermsMax: Int { 1024 }
    /// Nesting of brackets in a query; more is refused.
    package static var queryDepthMax: Int { 32 }
    /// Words that all prefixes, ranges and fuzzy words of a query together stand for in one index;
    /// more are refused.
    package static var expansionsMax: Int { 65_536 }
    /// Words that a fuzzy one stands for: the nearest, then the most frequent.
    package static var fuzzyExpansionsMax: Int { 64 }
    /// Furthest that a fuzzy word may be from what it finds.
    package static var fuzzyDistanceMax: Int { 2 }
    /// Hits asked for and skipped together; more are refused.
    package static var hitsMax: Int { 10_000 }
    /// Up to here the total is exact, beyond it a lower bound.
    package static var totalExactMax: Int { 1000 }
    /// Bytes of a snippet's text before marks are set.
    package static var snippetBytesMax: Int { 4096 }

    /// Bytes of a character that a snippet keeps whole; larger ones are cut between scalars.
    package static var characterBytesMax: Int { 256 }
    /// Bytes of one value that are looked at for its snippet.
    package static var snippetScanBytes: Int { 256 << 10 }

    /// Address space of the builder of the tail's parts.
    package static var tailBuilderBytes: Int { 2 << 30 }
    /// Memory of what waits in the tail's builder before it is published unasked.
    package static var tailPartBytes: Int { 32 << 20 }
    /// Removals of entries that the tail has not seen yet; further ones are forgotten.
    package static var tailRemovedMax: Int { 1 << 20 }
    /// Neighbouring parts of the tail that are merged into one.
    package static var tailMergedParts: Int { 4 }
    /// Bytes of parts that are merged at once when a part is published, a matter of a few
    /// milliseconds; larger ones are merged beside it.
    package static var tailPromptBytes: Int { 256 << 10 }
    /// Bytes of parts of the tail beyond which they are not merged.
    package static var tailMergedBytes: Int { 32 << 20 }
}
