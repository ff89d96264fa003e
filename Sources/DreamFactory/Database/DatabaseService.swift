/// A service that is a database.
package struct DatabaseService: Sendable {
    let client: PlatformClient
    let service: ResourceName

    /// Its tables' names, such as the caller may read.
    package func tableNames() async throws(PlatformError) -> [String] {
        let call = PlatformCall.read("list the tables")
        let path = [service.rawValue, "_table"]
        let json = try await client.send(PlatformRequest(call: call, method: "GET", path: path))
        let page: Page<Named> = try Answer.page(call, json)
        return page.rows.map(\.name)
    }

    /// One of its tables.
    package func table(_ name: ResourceName) -> Table {
        Table(client: client, service: service, name: name)
    }

    /// The description of its tables.
    package var schema: Schema { Schema(client: client, service: service) }
    /// Its stored procedures.
    package var procedures: Routines {
        Routines(client: client, service: service, kind: .procedure)
    }
    /// Its stored functions.
    package var functions: Routines { Routines(client: client, service: service, kind: .function) }
}

extension PlatformClient {
    /// A service that is a database.
    package func database(_ service: ResourceName) -> DatabaseService {
        DatabaseService(client: self, service: service)
    }
}
