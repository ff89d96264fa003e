import HTTP
import JSON

/// `GET /openapi.json`: what a subscriber's program may ask, in OpenAPI 3.1.
enum OpenAPIDocument {
    /// The same bytes for everybody.
    private static let body = document.serialized()

    static func respond(to request: HTTPRequest) -> HTTPResponse {
        var response = HTTPResponse.json(body)
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response
    }

    static let document: JSONValue = [
        "openapi": "3.1.0",
        "info": [
            "title": "Tollgate", "version": "1",
            "description":
                "Exchanges a checkout for a lookup token, and the token for the API key.",
        ],
        "paths": [
            "/v1/claims": ["post": claim],
            "/v1/key": ["get": key],
            "/v1/key/rotate": ["post": rotate],
            "/v1/plans": ["get": plans],
        ],
        "components": [
            "securitySchemes": [
                "lookup_token": [
                    "type": "http", "scheme": "bearer",
                    "description": "The lookup token of a claim, tlk_ and base64url.",
                ]
            ],
            "schemas": [
                "Key": keySchema, "Plan": planSchema, "Limit": limitSchema,
                "Problem": problemSchema,
            ],
        ],
    ]

    private static let claim: JSONValue = [
        "operationId": "claim", "summary": "Exchanges the reference of a checkout, once.",
        "parameters": [
            [
                "name": "Idempotency-Key", "in": "header", "required": false,
                "description":
                    "Random text: with the same one the same answer comes for 10 minutes.",
                "schema": ["type": "string"],
            ]
        ],
        "requestBody": body([
            "type": "object", "required": ["provider", "reference"],
            "properties": [
                "provider": ["type": "string"], "reference": ["type": "string"],
                "wait": seconds,
            ],
        ]),
        "responses": [
            "200": answer("The lookup token, and the key once it is shown.", "Key"),
            "202": answer("The key is being made: ask again after Retry-After.", "Key"),
            "400": problem("The request cannot be read."),
            "404": problem("The reference is not known, was used, or is over."),
            "429": problem("Too many failed attempts from this address."),
            "503": problem("Nothing can be stored now: ask again after Retry-After."),
        ],
    ]

    private static let key: JSONValue = [
        "operationId": "key", "summary": "Shows the key behind a lookup token.",
        "security": [["lookup_token": []]],
        "parameters": [
            ["name": "wait", "in": "query", "required": false, "schema": seconds]
        ],
        "responses": [
            "200": answer("How the key stands, and the key while it works.", "Key"),
            "401": problem("The lookup token is not known, or was ended."),
            "429": problem("Too many failed attempts from this address."),
            "503": problem("Nothing can be read now: ask again after Retry-After."),
        ],
    ]

    private static let rotate: JSONValue = [
        "operationId": "rotate", "summary": "Makes the next key; the old one lives on for a grace.",
        "security": [["lookup_token": []]],
        "requestBody": body(
            [
                "type": "object",
                "properties": ["grace": ["type": "string", "examples": ["24h"]], "wait": seconds],
            ],
            isRequired: false
        ),
        "responses": [
            "200": answer("The next key.", "Key"), "202": answer("It is being made.", "Key"),
            "400": problem("The request cannot be read, or the plan allows no such grace."),
            "401": problem("The lookup token is not known, or was ended."),
            "409": problem("The key is not rotated now."),
            "503": problem("Nothing can be stored now: ask again after Retry-After."),
        ],
    ]

    private static let plans: JSONValue = [
        "operationId": "plans", "summary": "Lists what is sold now.",
        "responses": [
            "200": [
                "description": "The plans.",
                "content": json([
                    "type": "object", "required": ["plans"],
                    "properties": ["plans": ["type": "array", "items": reference("Plan")]],
                ]),
            ],
            "503": problem("Nothing can be read now: ask again after Retry-After."),
        ],
    ]
}

// MARK: - Schemas

extension OpenAPIDocument {
    private static let seconds: JSONValue = ["type": "integer", "minimum": 0]
    private static let text: JSONValue = ["type": "string"]
    private static let time: JSONValue = ["type": "string", "format": "date-time"]

    private static let keySchema: JSONValue = [
        "type": "object",
        "required": ["status", "subscription", "base_url", "header", "generation"],
        "properties": [
            "status": ["enum": ["preparing", "active", "suspended", "ended", "none"]],
            "key": text, "last_four": text, "lookup_token": text, "subscription": text,
            "base_url": text, "header": text, "generation": ["type": "integer"],
            "plan": text, "plan_name": text, "overrun": text,
            // Only of a key that was there before and cannot be shown: a sentence that says so.
            "adopted": text,
            "limits": ["type": "array", "items": reference("Limit")],
            "previous_last_four": text, "previous_until": time,
        ],
    ]

    private static let planSchema: JSONValue = [
        "type": "object", "required": ["plan", "plan_name", "limits", "prices"],
        "properties": [
            "plan": text, "plan_name": text,
            "limits": ["type": "array", "items": reference("Limit")],
            "prices": [
                "type": "object",
                "additionalProperties": ["type": "array", "items": text],
            ],
        ],
    ]

    private static let limitSchema: JSONValue = [
        "type": "object", "required": ["rate", "period"],
        "properties": [
            "rate": ["type": "integer", "minimum": 1],
            "period": ["enum": ["minute", "hour", "day", "week", "month"]],
            "verb": ["type": ["string", "null"]],
        ],
    ]

    /// RFC 9457.
    private static let problemSchema: JSONValue = [
        "type": "object", "required": ["type", "title", "status", "request_id"],
        "properties": [
            "type": text, "title": text, "status": ["type": "integer"], "detail": text,
            "request_id": text,
        ],
    ]

    private static func reference(_ name: String) -> JSONValue {
        ["$ref": .string("#/components/schemas/\(name)")]
    }

    private static func json(_ schema: JSONValue, _ type: String = "application/json") -> JSONValue
    {
        .object([type: ["schema": schema]])
    }

    private static func body(_ schema: JSONValue, isRequired: Bool = true) -> JSONValue {
        ["required": .bool(isRequired), "content": json(schema)]
    }

    private static func answer(_ description: String, _ schema: String) -> JSONValue {
        ["description": .string(description), "content": json(reference(schema))]
    }

    private static func problem(_ description: String) -> JSONValue {
        [
            "description": .string(description),
            "content": json(reference("Problem"), "application/problem+json"),
        ]
    }
}
