/// An operation that a fault is asked about, before and after it is done.
package struct SandboxOperation: Sendable, Hashable {
    /// The verb as it was sent.
    package let method: String
    /// The operation as the sandbox's table has it, such as `system/role/{id}`; the path as sent
    /// where the table has none.
    package let path: String
}

/// What goes wrong with one call.
package enum Fault: Sendable, Hashable {
    /// Answers this status without doing anything.
    case failBefore(status: Int)
    /// Does it, and answers this status all the same.
    case failAfter(status: Int)
    /// Does it, and answers a page in HTML with 200, as something in between might.
    case page
    /// Does it, and loses the answer.
    case cut
    /// Loses the answer at once, and does it after a while.
    case late(Duration)
    /// Answers rightly, after a while.
    case delay(Duration)
}
