//  SignInView.swift · Serve

/// What the sign-in page shows.
struct SignInView {
    /// What was shown and is not good.
    enum Failure {
        /// A name with a password. Which of them is wrong is not said.
        case password
        case token
    }

    /// The page to go on to.
    let next: String
    let hasOperators: Bool
    var failure: Failure?
    /// As it was typed.
    var name = ""

    /// `next` and `name` for the fields; `failed`, and which: `failed_password`, `failed_token`;
    /// `has_operators`, or else the page says how to make one; `with_token`: the token's form is open.
    var context: [String: Any] {
        [
            "next": next, "name": name, "failed": failure != nil,
            "failed_password": failure == .password, "failed_token": failure == .token,
            "has_operators": hasOperators,
            "with_token": failure == .token || !hasOperators && failure == nil,
        ]
    }
}
