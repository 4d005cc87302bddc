internal import CacheFiles
internal import Glibc

/// Processor time that threads of this process have taken.
enum ThreadTimes {
    /// Seconds of the living threads of that name, in steps of a hundredth.
    static func seconds(ofThreadsNamed name: String) -> Double {
        let files = RealFileSystem()
        let folder = "/proc/self/task"
        guard let threads = try? files.list(folder) else { return 0 }
        var ticks = 0
        for thread in threads {
            let own = folder + "/" + thread
            guard TextFile.lines(own + "/comm").first == name,
                let line = TextFile.lines(own + "/stat").first,
                let end = line.lastIndex(of: ")")
            else { continue }
            // Behind the name: state is the first field, times in user and system the 12th and 13th.
            let fields = line[end...].split(separator: " ")
            guard fields.count > 13 else { continue }
            ticks += (Int(fields[12]) ?? 0) + (Int(fields[13]) ?? 0)
        }
        return Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
