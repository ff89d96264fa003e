import Digest
import JSON
import Testing

@Suite struct HMACTests {
    @Test func `every Wycheproof tag is accepted or refused as the file says`() throws {
        let file = try Fixture.json("hmac_sha256_test.json")
        var tested = (valid: 0, invalid: 0)
        for group in file["testGroups"]?.array ?? [] {
            let tagBytes = try #require(group["tagSize"]?.int) / 8
            for test in group["tests"]?.array ?? [] {
                let key = try #require(test.bytes("key"))
                let message = try #require(test.bytes("msg"))
                let tag = try #require(test.bytes("tag"))
                let code = HMAC.authenticationCode(for: message, key: key).prefix(tagBytes)
                let isValid = test["result"] == "valid"
                #expect(ConstantTime.equal(Array(code), tag) == isValid, "\(test["tcId"] ?? nil)")
                if isValid { tested.valid += 1 } else { tested.invalid += 1 }
            }
        }
        #expect(tested.valid + tested.invalid == 174)
        #expect(tested == (66, 108))
    }

    @Test func `a message in pieces has the code of the whole`() {
        let key = Array("key".utf8)
        let message = (0..<200).map { UInt8($0) }
        var hmac = HMAC(key: key)
        hmac.update(message.prefix(77))
        hmac.update(Array(message.dropFirst(77)).span.bytes)
        #expect(hmac.finalized() == HMAC.authenticationCode(for: message, key: key))
    }

    @Test func `copies of a keyed value do not disturb each other`() {
        let keyed = HMAC(key: "key".utf8)
        var first = keyed
        var second = keyed
        first.update("one".utf8)
        second.update("two".utf8)
        #expect(first.finalized() == HMAC.authenticationCode(for: "one".utf8, key: "key".utf8))
        #expect(second.finalized() == HMAC.authenticationCode(for: "two".utf8, key: "key".utf8))
    }
}
