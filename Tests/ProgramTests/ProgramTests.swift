import Testing

/// Tests of the real program. One at a time: a child of one test would inherit the files of another
/// that is being started.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ProgramTests {}
