internal import CacheBase
internal import Glibc

/// Draws ranks from 0 so that rank r comes with a probability in proportion to 1 / (r + 1)^exponent.
struct ZipfSampler {
    private let cumulative: [Double]

    /// - Parameter exponent: 0 for evenly; from 1 on a few ranks have most of the draws.
    init(ranks: Int, exponent: Double) {
        precondition(ranks > 0, "nothing to draw from")
        var sum = 0.0
        cumulative = (0..<ranks).map { rank in
            sum += pow(Double(rank + 1), -exponent)
            return sum
        }
    }

    /// - Complexity: O(log ranks); draws one word.
    func draw(_ random: inout Xoshiro256) -> Int {
        let point = Double(random.next() >> 11) / 0x1p53 * (cumulative.last ?? 0)
        var (low, high) = (0, cumulative.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] > point { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
