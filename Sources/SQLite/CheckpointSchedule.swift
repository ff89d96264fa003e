/// When pages of the WAL are moved, and by whom.
///
/// The WAL begins anew only once all of it was moved, for which the writer must pause. So most of it
/// is moved aside, again and again, and the writer moves only what has come meanwhile.
struct CheckpointSchedule {
    enum Step {
        case none
        /// The checkpointer moves what there is, while others write.
        case aside
        /// The writer moves the rest, once the checkpointer is done.
        case here
    }

    /// How many pages are worth a checkpoint: as many as SQLite itself waits for.
    static let worth: Int32 = 1_000
    /// How many pages the WAL may hold before the writer makes it begin anew.
    static let most: Int32 = 4_000
    /// How many it may hold before the writer waits for the checkpointer, whatever that costs.
    static let bound: Int32 = 16_000

    private var asked: Int32 = 0
    private var isRestDue = false

    /// What to do after a commit.
    ///
    /// - Parameters:
    ///   - pages: How many pages the WAL holds.
    ///   - isBusy: Whether the checkpointer is still at work.
    /// - Returns: Who moves pages now, if anybody does.
    mutating func next(pages: Int32, isBusy: @autoclosure () -> Bool) -> Step {
        if pages < asked { (asked, isRestDue) = (0, false) }
        guard isRestDue || pages - asked >= Self.worth else { return .none }
        if pages < Self.bound {
            if isBusy() { return .none }
            if !isRestDue {
                asked = pages
                isRestDue = pages >= Self.most
                return .aside
            }
        }
        asked = pages
        isRestDue = false
        return .here
    }
}
