/// Answers of a real DreamFactory 7.5.0 with df-limits 0.11.0, recorded on 2026-11-22.
///
/// From the scenarios provisioning-lifecycle, provisioning-adopt, sessions, limits and errors,
/// shortened where members of no interest were left out. Keys and tokens in them never opened anything.
enum Recorded {
    static let key = "11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa"

    static let role = #"""
        {"id":1,"name":"sub-1001","description":"plan basic","is_active":true,"created_date":"2026-11-22T12:10:11.000000Z","created_by_id":1,"last_modified_by_id":null,"role_service_access_by_role_id":[{"id":1,"role_id":1,"service_id":7,"component":"_table/customers/","verb_mask":1,"requestor_mask":1,"filters":[],"filter_op":"AND","created_by_id":null},{"id":2,"role_id":1,"service_id":7,"component":"_table/customers/*","verb_mask":1,"requestor_mask":1,"filters":[],"filter_op":"AND","created_by_id":null}],"app_by_role_id":[{"id":4,"name":"sub-1001-key-1","api_key":"11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa","description":"key 1","is_active":true,"type":0,"path":null,"url":null,"role_id":1,"launch_url":""}]}
        """#
    static let roles = #"{"resource":[\#(role)]}"#
    static let noRecords = #"{"resource":[]}"#

    static let duplicateRole = #"""
        {"error":{"code":1000,"context":{"error":[0],"resource":[{"code":"23000","message":"SQLSTATE[23000]: Integrity constraint violation: 19 UNIQUE constraint failed: app.name (Connection: sqlite, SQL: insert into &quot;app&quot; (&quot;name&quot;, &quot;is_active&quot;, &quot;type&quot;, &quot;api_key&quot;, &quot;role_id&quot;) values (sub-1-key-1, 1, 0, 2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a, 2))"}]},"message":"Batch Error: Not all requested records could be created.","status_code":400}}
        """#
    static let shortKey = #"""
        {"error":{"code":1000,"context":{"error":[0],"resource":[{"code":400,"context":{"api_key":["The api key field must be at least 64 characters."]},"message":"Invalid data supplied. The api key field must be at least 64 characters.","status_code":400}]},"message":"Batch Error: Not all requested records could be created.","status_code":400}}
        """#

    static let limit = #"""
        {"id":1,"type":"instance.role","key_text":"instance.role:1.minute","rate":3,"period":"minute","user_id":null,"role_id":1,"service_id":null,"name":"sub-1001","description":"plan basic","is_active":true,"endpoint":null,"verb":null}
        """#
    static let limitByNumber = #"""
        {"id":4,"type":"instance.role","key_text":"instance.role:1.minute","rate":3,"period":0,"user_id":null,"role_id":1,"service_id":null,"name":"L role","description":"3/min","is_active":true,"endpoint":null,"verb":null}
        """#
    static let limitExists = #"""
        {"error":{"code":400,"context":{"name":"sub-1","type":"instance.role","rate":10,"period":0,"role_id":1,"user_id":null,"service_id":null,"endpoint":null,"verb":null,"key_text":"instance.role:1.minute"},"message":"A limit already exists with those parameters. No records added.","status_code":400}}
        """#

    static let resources = #"""
        {"resource":[{"name":"admin"},{"name":"app"},{"name":"cache"},{"name":"role"},{"name":"service"},{"name":"limit"},{"name":"limit_cache"}]}
        """#
    static let html = "<!DOCTYPE html><html><body>502 Bad Gateway</body></html>"
    static let laravel = #"{"message":"Server Error"}"#
    static let php = #"{"error":{"code":"42S22","message":"Undefined array key \"period\""}}"#

    static let unknownKey =
        "No session token (JWT) provided. Please provide a valid JWT using "
        + "X-DreamFactory-Session-Token request header or 'session_token' url query parameter."
    static let terminated =
        "The token has been blacklisted: Session terminated. Please re-login."
}
