import Digest
import Testing

@Suite struct SHA256Tests {
    @Test func `every short message of NIST has its hash`() throws {
        let file = ResponseFile(try Fixture.text("SHA256ShortMsg.rsp"))
        #expect(file.blocks.count == 65)
        for block in file.blocks {
            let bits = try #require(block["Len"].flatMap { Int($0) })
            let message = try #require(block["Msg"].flatMap { Hex.decode($0) })
            #expect(Hex.encode(SHA256.hash(message.prefix(bits / 8))) == block["MD"])
        }
    }

    @Test func `the Monte Carlo chain of NIST holds at every checkpoint`() throws {
        let file = ResponseFile(try Fixture.text("SHA256Monte.rsp"))
        #expect(file.blocks.count == 100)
        var seed = try #require(file.seed.flatMap { Hex.decode($0) })
        for block in file.blocks {
            var last = [seed, seed, seed]
            for _ in 0..<1000 {
                last = [last[1], last[2], SHA256.hash(last[0] + last[1] + last[2])]
            }
            seed = last[2]
            #expect(Hex.encode(seed) == block["MD"])
        }
    }

    @Test func `a million letters have the hash of FIPS 180`() {
        let hash = SHA256.hash([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        #expect(
            Hex.encode(hash)
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        )
    }

    @Test func `pieces of any size give the hash of the whole`() {
        let message = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        for size in 1...130 {
            var hash = SHA256()
            var rest = message[...]
            while !rest.isEmpty {
                hash.update(rest.prefix(size))
                rest = rest.dropFirst(size)
            }
            #expect(hash.finalized() == SHA256.hash(message))
        }
    }

    @Test func `every way of handing in bytes gives the same hash`() {
        let text = "tlk_AAECAwQFBgcICQoLDA0ODw"
        let bytes = Array(text.utf8)
        #expect(SHA256.hash(text.utf8) == SHA256.hash(bytes))
        #expect(SHA256.hash(bytes.span.bytes) == SHA256.hash(bytes))
        #expect(SHA256.hash(bytes.lazy.map { $0 }) == SHA256.hash(bytes))
    }

    @Test func `a hash can be read and then continued`() {
        var hash = SHA256()
        hash.update("ab".utf8)
        #expect(hash.finalized() == SHA256.hash("ab".utf8))
        hash.update("c".utf8)
        #expect(hash.finalized() == SHA256.hash("abc".utf8))
    }
}
