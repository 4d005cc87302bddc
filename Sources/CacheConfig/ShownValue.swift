/// A setting's value as a program reads it.
package enum ShownValue: Sendable, Equatable {
    /// Bytes or a count.
    case integer(UInt64)
    case seconds(Double)
    case boolean(Bool)
    case text(String)
    /// Set, and shown to nobody.
    case secret
}

extension Setting {
    /// The value in a configuration; nil where nothing is set.
    package func value(in configuration: Configuration) -> ShownValue? {
        switch (read(configuration), kind) {
        case (nil, _): nil
        case (.integer(let number)?, .seconds): .seconds(Double(number) / 1000)
        case (.integer(let number)?, _): .integer(number)
        case (.boolean(let flag)?, _): .boolean(flag)
        case (.text(let text)?, _): .text(text)
        case (.secret?, _): .secret
        }
    }
}
