/// The same calls with the kind's own type.
extension SystemRecords {
    /// Lists records.
    package func list(
        _ query: RecordQuery = RecordQuery()
    ) async throws(PlatformError) -> Page<Record> {
        try await list(query, as: Record.self)
    }

    /// Reads all records, page after page, by their ids.
    package func all(
        _ query: RecordQuery = RecordQuery(),
        pageSize: Int = 100,
        paging: Paging = .key("id")
    ) -> RecordSequence<Record> {
        all(query, pageSize: pageSize, paging: paging, as: Record.self)
    }

    /// Reads one record.
    package func get(
        _ id: ID,
        fields: Fields? = nil,
        related: [Related] = []
    ) async throws(PlatformError) -> Record {
        try await get(id, fields: fields, related: related, as: Record.self)
    }

    /// Reads several records; one that is missing fails the call.
    package func get(
        ids: [ID],
        fields: Fields? = nil,
        related: [Related] = [],
        mode: BatchMode = .stopAtFirst
    ) async throws(PlatformError) -> [Record] {
        try await get(ids: ids, fields: fields, related: related, mode: mode, as: Record.self)
    }

    /// Creates records; each failure's fate stands in the error's ``PlatformError/batch``.
    package func create(
        _ records: [some Encodable],
        mode: BatchMode = .stopAtFirst,
        returning: Returning = .identifiers,
        accepting: Set<Hazard> = [],
        options: [CreateOption] = []
    ) async throws(PlatformError) -> [Record] {
        try await create(
            records,
            mode: mode,
            returning: returning,
            accepting: accepting,
            options: options,
            as: Record.self
        )
    }

    /// Changes the named fields of one record; all others stay.
    @discardableResult
    package func update(
        _ id: ID,
        _ change: some Encodable,
        returning: Returning = .identifiers,
        accepting: Set<Hazard> = [],
        options: [CreateOption] = []
    ) async throws(PlatformError) -> Record {
        try await update(
            id,
            change,
            returning: returning,
            accepting: accepting,
            options: options,
            as: Record.self
        )
    }

    /// Changes several records, each by the id that its change holds.
    @discardableResult
    package func update(
        _ changes: [some Encodable],
        mode: BatchMode = .stopAtFirst,
        returning: Returning = .identifiers,
        accepting: Set<Hazard> = []
    ) async throws(PlatformError) -> [Record] {
        try await update(
            changes,
            mode: mode,
            returning: returning,
            accepting: accepting,
            as: Record.self
        )
    }

    /// Writes one change into several records.
    @discardableResult
    package func update(
        ids: [ID],
        _ change: some Encodable,
        mode: BatchMode = .stopAtFirst,
        returning: Returning = .identifiers,
        accepting: Set<Hazard> = []
    ) async throws(PlatformError) -> [Record] {
        try await update(
            ids: ids,
            change,
            mode: mode,
            returning: returning,
            accepting: accepting,
            as: Record.self
        )
    }

    /// Deletes several records.
    @discardableResult
    package func delete(
        ids: [ID],
        mode: BatchMode = .stopAtFirst,
        returning: Returning = .identifiers
    ) async throws(PlatformError) -> [Record] {
        try await delete(ids: ids, mode: mode, returning: returning, as: Record.self)
    }
}
