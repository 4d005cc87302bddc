/// A value of a TOML file. Tables are not values: their keys stand in the document by path.
enum TOMLValue: Equatable, Sendable {
    case integer(Int64)
    case number(Double)
    case boolean(Bool)
    case text(String)
    case array([TOMLValue])
    /// A date, a time or both; no setting takes one.
    case time
    /// `{ … }` inside an array; no setting takes one.
    case table
}
