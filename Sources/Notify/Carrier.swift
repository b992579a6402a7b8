//  Carrier.swift · Notify
//
//  Where what is decided meets the network.

/// A message, ready to go.
enum Parcel: Hashable, Sendable {
    case post(WebhookMessage, url: String)
    case mail(MailMessage, by: MailServer)
}

/// What became of a parcel.
enum Carriage: Hashable, Sendable {
    /// With the other end's word, such as `200`.
    case delivered(String)
    /// Another attempt may do better.
    case failed(String)
    /// The other end refused it for good.
    case refused(String)
    /// We stopped before the end; the other end may have got it or not.
    case interrupted
}

/// Brings parcels to other machines.
protocol Carrier: Sendable {
    /// - Returns: within its time limit; soon after the task is cancelled.
    func carry(_ parcel: Parcel) async -> Carriage
}
