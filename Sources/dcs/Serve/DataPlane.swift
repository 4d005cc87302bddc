internal import CacheConfig
internal import CacheEngine

struct DataPlane {
    let port: Int
    static func start(_ configuration: Configuration, _ engine: Engine) throws(Failure) -> DataPlane { DataPlane(port: configuration.dataPort) }
    func stop() {}
}
