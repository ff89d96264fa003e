import JSON

extension Exchange {
    /// Carried out of a savepoint, so that what stands before it is undone.
    private struct RolledBack: Error {
        let answer: Answer
    }

    /// Does something for each of several records and answers as the platform does.
    ///
    /// It stops at the first failure and what was done stays done, unless `continue` or `rollback`
    /// is asked for; one failure makes the whole answer an error, even of a single record.
    func batch<Item>(
        _ items: [Item],
        _ done: String,
        status: Int = 200,
        _ body: (Item) throws -> JSONValue
    ) throws -> Answer {
        let (rollsBack, goesOn) = (call.flag("rollback"), call.flag("continue"))
        do {
            return try store.atomically {
                var entries: [JSONValue] = []
                var failed: [JSONValue] = []
                for (index, item) in items.enumerated() {
                    do {
                        entries.append(try body(item))
                    } catch let refusal as Refusal {
                        entries.append(refusal.entry)
                        failed.append(.integer(Int64(index)))
                        if !goesOn { break }
                    }
                }
                guard !failed.isEmpty else { return .list(entries, status: status) }
                let undone = rollsBack ? " All changes rolled back." : ""
                let refusal = Refusal(
                    400,
                    "Batch Error: Not all requested records could be \(done).\(undone)",
                    code: 1000,
                    context: ["error": .array(failed), "resource": .array(entries)]
                )
                if rollsBack { throw RolledBack(answer: refusal.answer) }
                return refusal.answer
            }
        } catch let error as RolledBack {
            return error.answer
        }
    }
}
