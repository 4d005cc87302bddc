import CacheBase
import CacheEngine
import CacheFiles
import CacheInspect
import CacheSearch
import Testing

extension Specimen {
    /// Gives every segment its search file, as the server does.
    /// - Returns: their paths.
    func writeSearchFiles(language: String = "english") throws -> [String] {
        let analysis = try #require(TextAnalysis(language: language))
        let builder = try SearchIndexBuilder(analysis)
        return try engine.sealedSegments().segments.map { segment in
            try segment.forEachValue(ReadScratch()) { ordinal, value throws(StorageError) in
                try builder.add(value, at: ordinal)
            }
            let identity = SearchIdentity(
                store: engine.storeID, segment: segment.id, checksum: segment.fingerprint,
                analysis: analysis.fingerprint)
            let index = builder.finish(entries: segment.entries, identity: identity)
            let path = folder.layout.search(segment.id)
            try SearchFile.write(index, to: path, disk)
            return path
        }
    }
}
