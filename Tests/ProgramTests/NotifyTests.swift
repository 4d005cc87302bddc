import Foundation
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import dcs

extension ProgramTests {
    /// What a service manager is told.
    struct NotifyTests {
        private let folder: TemporaryFolder
        private let manager: NotifySocket

        init() throws {
            folder = try TemporaryFolder()
            manager = try NotifySocket()
        }

        private func start(_ environment: [String: String] = [:]) throws -> Program {
            let variables = ["NOTIFY_SOCKET": manager.path].merging(environment) { $1 }
            return try Program(
                ["serve", "--listen", "127.0.0.1:0"], in: folder, environment: variables)
        }

        @Test func itHearsOfTheStartAReloadAndTheStop() throws {
            let program = try start()
            let ready = try manager.message()
            #expect(ready.first == "READY=1")
            #expect(ready.last?.contains("port \(try program.dataPort())") == true)
            program.send(SIGHUP)
            let reloading = try manager.message()
            #expect(reloading.first == "RELOADING=1")
            #expect(reloading.last?.hasPrefix("MONOTONIC_USEC=") == true)
            #expect(try manager.message() == ready)
            program.send(SIGTERM)
            #expect(try manager.message().first == "STOPPING=1")
            #expect(program.exitCode() == 0)
        }

        @Test func theWatchdogIsFedWhileTheNodeServes() throws {
            let program = try start(["WATCHDOG_USEC": "100000"])
            #expect(try manager.message().first == "READY=1")
            for _ in 0..<3 { #expect(try manager.message() == ["WATCHDOG=1"]) }
            program.send(SIGTERM)
            #expect(try manager.news().first == "STOPPING=1")
            #expect(program.exitCode() == 0)
        }

        @Test func aWatchdogOfAnotherProcessIsNotFed() throws {
            let log = Logger(label: "test")
            let variables = ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "100000"]
            #expect(ServiceNotifier(variables, log: log).watchdogPeriod == .milliseconds(100))
            let other = variables.merging(["WATCHDOG_PID": "1"]) { $1 }
            #expect(ServiceNotifier(other, log: log).watchdogPeriod == nil)
            #expect(ServiceNotifier(["WATCHDOG_USEC": "100000"], log: log).watchdogPeriod == nil)
        }

        @Test func aLoopThatHangsKeepsTheWatchdogHungry() async throws {
            let notifier = ServiceNotifier(
                ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "100000"],
                log: Logger(label: "test"))
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
            let loops = Array(group.makeIterator())
            let release = DispatchSemaphore(value: 0)
            loops[1].execute { release.wait() }
            let pulse = Task { await notifier.pulse(loops) }
            // The pulse has asked the first loop, and stands before the second.
            try await loops[0].submit {}.get()
            #expect(manager.isEmpty)
            release.signal()
            await pulse.value
            #expect(try manager.message() == ["WATCHDOG=1"])
            try await group.shutdownGracefully()
        }

        @Test func withoutAManagerAHangupChangesNothing() throws {
            let program = try Program(["serve", "--listen", "127.0.0.1:0"], in: folder)
            let client = try HTTPClient(port: try program.dataPort())
            program.send(SIGHUP)
            #expect(try client.request("GET", "/readyz").status == 200)
            program.send(SIGTERM)
            #expect(program.exitCode() == 0)
        }
    }
}
