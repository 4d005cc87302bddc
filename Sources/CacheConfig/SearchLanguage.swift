/// The languages whose rules full-text search knows to bring words to their stem (`search_language`).
enum SearchLanguage {
    /// Words are compared as they are, but for case and accents.
    static let none = "none"

    /// What Snowball's library offers; a test holds the list to it. One that is built with fewer has
    /// a node of another language refuse to start.
    static let names =
        [none] + [
            "arabic", "armenian", "basque", "catalan", "danish", "dutch", "english", "finnish",
            "french", "german", "greek", "hindi", "hungarian", "indonesian", "irish", "italian",
            "lithuanian", "nepali", "norwegian", "porter", "portuguese", "romanian", "russian",
            "serbian", "spanish", "swedish", "tamil", "turkish", "yiddish",
        ]
}
