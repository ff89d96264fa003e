import Digest
import Subscriptions
import Testing

struct KeyRingTests {
    private static let id = Subscription.ID("aaaqeayeaudaocajbifqydiob4")
    private static let salt = (0xA0..<0xB0).map { UInt8($0) }

    /// The master key is the bytes 00 to 1f.
    private static let hex = Hex.encode((0..<32).map { UInt8($0) })

    struct GoldenKey: Sendable {
        let mode: Mode
        let generation: Int
        let text: String
        let digest: String
    }

    /// Keys that another program has derived.
    ///
    /// Computed with Python's hashlib, hmac, struct and zlib alone, from RFC 5869 and the words of
    /// the design, not from this code:
    ///
    ///     lp = lambda *ts: b"".join(struct.pack(">I", len(t)) + t.encode() for t in ts)
    ///     info = lp("tollgate api key v1", mode, id, str(generation))
    ///     prk = hmac.new(salt, master, sha256).digest()
    ///     t1 = hmac.new(prk, info + b"\x01", sha256).digest()
    ///     t2 = hmac.new(prk, t1 + info + b"\x02", sha256).digest()
    ///     n = int.from_bytes((t1 + t2)[:38], "big")         # 52 times divmod(n, 62)
    ///     body = "tg" + mode + base62(n, 52)
    ///     key = body + base62(zlib.crc32(body.encode()), 6)
    static let golden = [
        GoldenKey(
            mode: .live,
            generation: 1,
            text: "tglive0IkzI1e2KYDXJKHsY16AFiMuopW1md16eAV0UD4yvweSJ8BtPdmT4JtsFg",
            digest: "c89f1fb6b358ea359bd69afb51689f75ea3111b9a0e814f643698f1b7f6dcf34"
        ),
        GoldenKey(
            mode: .live,
            generation: 2,
            text: "tglive0vZrpCxxXHPBT4oQ1mPFV1NqyealkXs03oDsxT5tcYbSTv9DckcU2XKMCi",
            digest: "3453b24d4c0932012aecb1a8aa9d6fadbacc567e77fbcf2ba879245fab592e14"
        ),
        GoldenKey(
            mode: .test,
            generation: 1,
            text: "tgtest0tWUJY5MgfWGPO35ezAYbTf8QfXqQSltYEy13uUTrOnOW2fPBEim4H7WgR",
            digest: "3fa527742cc90da7eb06a7d1be646320d618c1650977123012eb20333374cc41"
        ),
    ]

    private func makeKey(
        _ ring: KeyRing,
        mode: Mode = .live,
        generation: Int = 1
    ) -> APIKey {
        ring.makeKey(mode: mode, subscription: Self.id, generation: generation, now: start) {
            Array(Self.salt.prefix($0))
        }
    }

    private func master() throws -> MasterKey { try #require(MasterKey(hex: Self.hex)) }

    @Test(arguments: golden)
    func `a key is what another program derives`(_ vector: GoldenKey) throws {
        let ring = KeyRing(current: try master())
        let row = makeKey(ring, mode: vector.mode, generation: vector.generation)
        #expect(try ring.text(of: row, mode: vector.mode) == vector.text)
        #expect(Hex.encode(row.digest) == vector.digest)
        #expect(row.lastFour == String(vector.text.suffix(4)))
        #expect(row.masterKeyID == "4ea34bf1")
        #expect(row.salt == Self.salt)
        #expect(row.generation == vector.generation)
        #expect(row.shownAt == nil && row.endedAt == nil)
    }

    @Test(arguments: Mode.allCases)
    func `a key has 64 letters and digits, a prefix and a checksum`(_ mode: Mode) throws {
        let ring = KeyRing(current: try master())
        let random = makeRandom()
        for generation in 1...50 {
            let row = ring.makeKey(
                mode: mode,
                subscription: Self.id,
                generation: generation,
                now: start,
                random: random
            )
            let text = try ring.text(of: row, mode: mode)
            #expect(text.wholeMatch(of: /[0-9A-Za-z]{64}/) != nil)
            #expect(text.hasPrefix("tg\(mode.rawValue)"))
            let checksum = Base62.encode(
                CRC32.checksum(Array(text.utf8.prefix(58)).span.bytes),
                digits: 6
            )
            #expect(text.hasSuffix(checksum))
        }
    }

    /// Computed like the keys above, from the info "tollgate lookup token v1" and the claim's id,
    /// 32 bytes, `base64.urlsafe_b64encode` without padding.
    @Test func `a lookup token is what another program derives`() throws {
        let claim = Claim(
            id: Claim.ID(Self.id.rawValue),
            provider: .stripe,
            referenceDigest: [],
            subscriptionID: Self.id,
            createdAt: start,
            expiresAt: start,
            salt: Self.salt
        )
        let token = KeyRing(current: try master()).lookupToken(of: claim)
        #expect(token == "tlk_Sg3pB3fR4Fpy3SaWV-KNDHCyIggoBG-3DVIPdPE8sgA")
    }

    @Test func `an older master key still shows its keys and makes no new ones`() throws {
        let row = makeKey(KeyRing(current: try .make("2")))
        let ring = KeyRing(current: try master(), old: [try .make("2")])
        #expect(try ring.text(of: row, mode: .live).hasSuffix(row.lastFour))
        #expect(makeKey(ring).masterKeyID == "4ea34bf1")
        #expect(ring.ids == ["4ea34bf1", try MasterKey.make("2").id])
    }

    @Test func `an unknown master key is named and nothing is shown`() throws {
        let row = makeKey(KeyRing(current: try master()))
        let other = KeyRing(current: try .make("2"))
        let error = #expect(throws: KeyRingError.unknownMasterKey(id: "4ea34bf1")) {
            try other.text(of: row, mode: .live)
        }
        #expect(error?.description.contains("TOLLGATE_MASTER_KEYS_OLD") == true)
    }

    @Test func `a changed row is a mismatch and nothing is shown`() throws {
        let ring = KeyRing(current: try master())
        let row = makeKey(ring)
        func changed(
            _ subscription: Subscription.ID = Self.id,
            generation: Int = 1,
            salt: [UInt8] = Self.salt,
            digest: [UInt8]
        ) -> APIKey {
            APIKey(
                subscriptionID: subscription,
                generation: generation,
                salt: salt,
                masterKeyID: row.masterKeyID,
                digest: digest,
                lastFour: row.lastFour,
                createdAt: start
            )
        }
        let flipped = [row.digest[0] ^ 1] + row.digest.dropFirst()
        let rows = [
            changed(Subscription.ID("another"), digest: row.digest),
            changed(generation: 2, digest: row.digest),
            changed(salt: Self.salt.reversed(), digest: row.digest),
            changed(digest: flipped), changed(digest: []), changed(digest: row.digest.dropLast()),
        ]
        for row in rows {
            let mismatch = KeyRingError.mismatch(
                subscription: row.subscriptionID,
                generation: row.generation
            )
            #expect(throws: mismatch) { try ring.text(of: row, mode: .live) }
        }
        #expect(throws: KeyRingError.self) { try ring.text(of: row, mode: .test) }
        #expect(try ring.text(of: changed(digest: row.digest), mode: .live).count == 64)
    }

    @Test(arguments: [
        "", "00", String(repeating: "0", count: 63), String(repeating: "0", count: 65),
        String(repeating: "g", count: 64), String(repeating: " ", count: 64),
        String(repeating: "é", count: 32),
    ])
    func `a master key is 64 hex digits`(_ text: String) {
        #expect(MasterKey(hex: text) == nil)
    }

    @Test func `a master key's bytes are never printed`() throws {
        let key = try master()
        let ring = KeyRing(current: key, old: [try .make("2")])
        var dumps = ["", ""]
        dump(key, to: &dumps[0])
        dump(ring, to: &dumps[1])
        let desk = AccessDesk(mode: .live, keyRing: ring, random: makeRandom())
        let texts =
            dumps + [
                "\(key)", String(describing: key), String(reflecting: key), "\(ring)",
                String(reflecting: ring), "\([key])", "\(Optional(key) as Any)", "\(desk)",
            ]
        for text in texts {
            #expect(text.contains("4ea34bf1"))
            #expect(!text.contains(Self.hex.prefix(16)))
            #expect(!text.contains("0, 1, 2, 3"))
            #expect(!text.contains("34, 34, 34"))
            #expect(!text.contains("bytes"))
        }
    }
}
