//  Entry+Known.swift · Provisioning
//
//  Values of an entry over what is known already: a key that is left out keeps what is there, and
//  null is the default.

extension Entry {
    func required<Value>(_ key: String, _ form: Form<Value>, _ known: Value?) -> Value? {
        if let known, !has(key) { return known }
        return required(key, form)
    }

    func value<Value>(
        _ key: String, _ form: Form<Value>, _ known: Value?, _ fallback: Value
    ) -> Value {
        guard let change = change(key, form) else { return known ?? fallback }
        return change ?? fallback
    }

    func optional<Value>(_ key: String, _ form: Form<Value>, _ known: Value?) -> Value? {
        guard let change = change(key, form) else { return known }
        return change
    }
}
