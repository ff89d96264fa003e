extension HTTPServer {
    /// The bounds on everything that comes from outside.
    package struct Limits: Sendable {
        /// A request line of 8,000 bytes is what RFC 9112 §3 asks a server to read.
        package var requestLineBytes = 8_192
        /// All header lines of a request together, and all trailer lines.
        ///
        /// Cookies of a browser that visited many pages of one host stay below 16 KiB.
        package var headerBytes = 16_384
        /// Header lines of a request; browsers and proxies send about 30.
        package var headerCount = 100
        /// The body of a request, unless its route says otherwise.
        package var bodyBytes = 1 << 20
        /// Bytes of chunk-size lines in one body.
        ///
        /// 64 KiB lets a body of 1 MiB come in chunks of about 100 bytes.
        package var chunkFramingBytes = 65_536
        /// Open connections; one more is answered 503.
        ///
        /// An idle one costs about 1 KiB here and 4 KiB in the kernel.
        package var connections = 20_000
        /// Connections over a limit that are kept open to be told so; the next ones are closed
        /// without a word.
        package var refusedConnections = 256
        /// Open connections of one address, or of one IPv6 network of 64 bits; one more is answered
        /// 429.
        ///
        /// Through a trusted proxy it bounds the requests in flight of one client instead. A whole
        /// office behind one address stays far below.
        package var connectionsPerAddress = 512
        /// Bytes read ahead while an answer is being made, for pipelined requests.
        package var readAheadBytes = 65_536
        /// Requests of one connection that are begun before other connections have their turn, so
        /// that nobody who sends thousands at once holds up the rest.
        package var requestsInTurn = 32
        /// How long a connection may wait between requests.
        package var idle: Duration = .seconds(60)
        /// How long the head of a request may take from its first byte.
        package var head: Duration = .seconds(10)
        /// How long the body of a request may take after its head.
        package var body: Duration = .seconds(30)
        /// The bytes a second that a body must bring, counted over each `rateWindow`.
        ///
        /// The slowest lines that people still use, 9,600 baud, bring twice as much.
        package var bytesPerSecondMin = 500
        /// How long a body may be slower than that.
        package var rateWindow: Duration = .seconds(5)
        /// How long the peer may read an answer more slowly than that, or not at all.
        package var write: Duration = .seconds(30)
        /// How long a handler may take before a TCP client is answered 503 in its place.
        package var handling: Duration = .seconds(120)
        /// How long, once the server stops, a new connection may take to begin its first request.
        package var lastCall: Duration = .milliseconds(500)
        /// How long is still read after an answer that closes the connection, so that the peer sees
        /// the answer and not a reset (RFC 9112 §9.6).
        package var linger: Duration = .seconds(2)
        /// The bytes that are still read then; a body a few times over the default limit.
        package var lingerBytes = 4 << 20

        /// Takes the defaults; change what needs changing.
        package init() {}
    }
}
