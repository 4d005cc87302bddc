/// Seeds of runs that found a fault, with what it was. A change of what runs do makes a seed another
/// run; it stays here all the same, as good as any.
enum ClusterRegressionSeeds {
    static let all: [UInt64] = [
        // A partition was handed over when its successor alone had everything.
        8,
        // Records of a history that had been given up were shipped as those of the new one.
        42,
        // A node that was proposed as in sync stopped to count before the map said so.
        50, 69,
        // Leadership taken away answered writes that waited for copies.
        79, 90, 135,
    ]
}
