import CacheProof
import Testing

/// Histories of which a person can say whether they are linearizable.
@Suite("Linearizability")
struct LinearizabilityTests {
    private func history(_ build: (inout HistoryBuilder) -> Void) -> HistoryBuilder {
        var builder = HistoryBuilder()
        build(&builder)
        return builder
    }

    // MARK: Good

    @Test func oneAfterTheOther() {
        #expect(
            history {
                $0.read(nil, 1...2)
                $0.put(1, 3...4, .applied(existed: false))
                $0.read(1, 5...6)
                $0.put(2, 7...8, if: .value(ValueID(1)), .applied(existed: true))
                $0.put(3, 9...10, if: .value(ValueID(1)), .refused)
                $0.delete(11...12, .applied(existed: true))
                $0.delete(13...14, .applied(existed: false))
                $0.put(4, 15...16, if: .absent)
                $0.read(4, 17...18)
            }.isLinearizable)
    }

    @Test func aReadBesideAWriteSeesEither() {
        for seen in [nil, 1] {
            #expect(
                history {
                    $0.put(1, 1...10)
                    $0.read(seen, 2...3)
                }.isLinearizable)
        }
    }

    @Test func concurrentWritesHappenInAnyOneOrder() {
        #expect(
            history {
                $0.put(1, 1...10)
                $0.put(2, 2...9)
                $0.read(1, 11...12)
                $0.read(1, 13...14)
            }.isLinearizable)
    }

    @Test func anUnansweredWriteMayAppearLateOrNever() {
        for seen in [1, 2] {
            #expect(
                history {
                    $0.put(1, 1...2)
                    $0.lostPut(2, from: 3)
                    $0.read(1, 4...5)
                    $0.read(seen, 6...7)
                }.isLinearizable)
        }
    }

    @Test func anUnansweredDeleteMayComeBetweenTwoReads() {
        #expect(
            history {
                $0.put(1, 1...2)
                $0.lostDelete(from: 3)
                $0.read(1, 4...5)
                $0.read(nil, 6...7)
            }.isLinearizable)
    }

    @Test func anUnansweredConditionalWriteWaitsForItsCondition() {
        #expect(
            history {
                $0.lostPut(2, from: 1, if: .value(ValueID(1)))
                $0.put(1, 3...4)
                $0.read(2, 5...6)
            }.isLinearizable)
    }

    @Test func aFailedWriteIsAsIfItHadNotBeen() {
        #expect(
            history {
                $0.put(1, 1...2)
                $0.put(2, 3...4, .failed)
                $0.read(1, 5...6)
            }.isLinearizable)
    }

    @Test func keysAreIndependent() {
        #expect(
            history {
                $0.put(1, 1...4, key: "a")
                $0.put(2, 2...3, key: "b")
                $0.read(nil, 5...6, key: "c")
                $0.read(2, 7...8, key: "b")
                $0.read(1, 9...10, key: "a")
            }.isLinearizable)
    }

    // MARK: Bad

    @Test func aStaleReadIsFound() {
        let bad = history {
            $0.put(1, 1...2)
            $0.put(2, 3...4)
            $0.read(1, 5...6)
        }
        #expect(bad.violation == bad.calls[2])
    }

    @Test func aLostAcknowledgedWriteIsFound() {
        let bad = history {
            $0.put(1, 1...2)
            $0.read(nil, 3...4)
        }
        #expect(bad.violation == bad.calls[1])
    }

    @Test func aWriteLostAfterItWasSeenIsFound() {
        let bad = history {
            $0.put(1, 1...2)
            $0.lostPut(2, from: 3)
            $0.read(2, 5...6)
            $0.read(1, 7...8)
        }
        #expect(bad.violation == bad.calls[3])
    }

    @Test func aResurrectedValueIsFound() {
        let bad = history {
            $0.put(1, 1...2)
            $0.delete(3...4)
            $0.read(nil, 5...6)
            $0.read(1, 7...8)
        }
        #expect(bad.violation == bad.calls[3])
    }

    @Test func aLostUpdateIsFound() {
        let bad = history {
            $0.put(1, 1...2)
            $0.put(2, 3...6, if: .value(ValueID(1)))
            $0.put(3, 4...5, if: .value(ValueID(1)))
        }
        #expect(bad.violation != nil)
    }

    @Test func twoCreationsWithoutADeleteAreFound() {
        let bad = history {
            $0.put(1, 1...4, if: .absent)
            $0.put(2, 2...3, if: .absent)
        }
        #expect(bad.violation != nil)
    }

    @Test func aConditionRefusedWithoutReasonIsFound() {
        let bad = history {
            $0.put(1, 1...2)
            $0.put(2, 3...4, if: .present, .refused)
        }
        #expect(bad.violation == bad.calls[1])
    }

    @Test func anAnswerThatTellsOfAnotherStateIsFound() {
        let bad = history {
            $0.put(1, 1...2)
            $0.put(2, 3...4, .applied(existed: false))
        }
        #expect(bad.violation == bad.calls[1])
    }

    @Test func aValueThatNobodyWroteIsFound() {
        let bad = history { $0.read(7, 1...2) }
        #expect(bad.violation == bad.calls[0])
    }

    @Test func aFailedWriteThatShowsIsFound() {
        let bad = history {
            $0.put(1, 1...2, .failed)
            $0.read(1, 3...4)
        }
        #expect(bad.violation == bad.calls[1])
    }

    @Test func readsThatGoBackAndForthAreFound() {
        let bad = history {
            $0.put(1, 1...2)
            $0.put(2, 3...20)
            $0.read(2, 4...5)
            $0.read(1, 6...7)
        }
        #expect(bad.violation == bad.calls[3])
    }

    @Test func aSearchThatIsTooLongDoesNotPass() {
        let wide = history { history in
            for number in 1...20 { history.put(number, number...(100 + number)) }
        }
        let verdict = LinearizabilityChecker(configurationsMax: 50).check(wide.calls)
        #expect(verdict == .undecided(key: "a"))
    }
}
