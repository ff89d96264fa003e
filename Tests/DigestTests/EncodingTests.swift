import Digest
import Testing

@Suite struct EncodingTests {
    // RFC 4648 §10, in the form without padding and in lower case where ours has it.
    private static let rfc4648 = [
        ("", "", "", "", ""),
        ("f", "66", "my", "Zg==", "Zg"),
        ("fo", "666f", "mzxq", "Zm8=", "Zm8"),
        ("foo", "666f6f", "mzxw6", "Zm9v", "Zm9v"),
        ("foob", "666f6f62", "mzxw6yq", "Zm9vYg==", "Zm9vYg"),
        ("fooba", "666f6f6261", "mzxw6ytb", "Zm9vYmE=", "Zm9vYmE"),
        ("foobar", "666f6f626172", "mzxw6ytboi", "Zm9vYmFy", "Zm9vYmFy"),
    ]

    @Test(arguments: rfc4648)
    func `the vectors of RFC 4648 hold in both directions`(
        vector: (text: String, hex: String, base32: String, base64: String, base64URL: String)
    ) {
        let bytes = Array(vector.text.utf8)
        #expect(Hex.encode(bytes) == vector.hex)
        #expect(Hex.decode(vector.hex) == bytes)
        #expect(Base32.encode(bytes) == vector.base32)
        #expect(Base32.decode(vector.base32) == bytes)
        #expect(Base64.encode(bytes) == vector.base64)
        #expect(Base64.decode(vector.base64) == bytes)
        #expect(Base64URL.encode(bytes) == vector.base64URL)
        #expect(Base64URL.decode(vector.base64URL) == bytes)
    }

    @Test func `every byte survives every encoding`() {
        let bytes = (0...255).map { UInt8($0) }
        #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        #expect(Hex.decode(Hex.encode(bytes).uppercased()) == bytes)
        #expect(Base32.decode(Base32.encode(bytes)) == bytes)
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        #expect(Base64URL.encode([0xfb, 0xff]) == "-_8")
    }

    @Test(arguments: ["0", "0g", "abc", "0x", " 00", "é0"])
    func `hex refuses what is not hex`(text: String) {
        #expect(Hex.decode(text) == nil)
    }

    @Test(arguments: ["m", "MY", "my======", "m1", "mz", "mzx"])
    func `base32 refuses what it would not write`(text: String) {
        #expect(Base32.decode(text) == nil)
    }

    @Test(arguments: ["Zg==", "Zh", "Z", "+/8", "Zm 9v", "Zm9v\n"])
    func `base64url refuses what it would not write`(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test(arguments: ["Zg", "-_8=", "Zm9v!", "Z==="])
    func `base64 refuses what is not base64 with its padding`(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func `128 bits make 26 base32 characters`() {
        #expect(Base32.encode([UInt8](repeating: 0xff, count: 16)) == "77777777777777777777777774")
    }

    @Test func `base62 counts in 0-9, A-Z, a-z and keeps leading zeros`() {
        #expect(Base62.encode(0, digits: 6) == "000000")
        #expect(Base62.encode(9, digits: 1) == "9")
        #expect(Base62.encode(10, digits: 1) == "A")
        #expect(Base62.encode(35, digits: 1) == "Z")
        #expect(Base62.encode(36, digits: 1) == "a")
        #expect(Base62.encode(61, digits: 1) == "z")
        #expect(Base62.encode(62, digits: 2) == "10")
        #expect(Base62.encode(.max, digits: 6) == "4gfFC3")
        #expect(Base62.encode([0x01, 0x00], digits: 2) == "48")
        #expect(Base62.encode([] as [UInt8], digits: 3) == "000")
    }

    @Test func `304 bits fit into 52 base62 digits`() {
        let greatest = Base62.encode([UInt8](repeating: 0xff, count: 38), digits: 52)
        #expect(greatest == "1GG3XCo8d4OHBvhbFH1AAehp8zhVuNOby9i2P8uqFxWYp65uiJkF")
    }

    @Test func `leading zeros of the integer are leading zeros of the text`() {
        let text = Base62.encode((0..<38).map { UInt8($0) }, digits: 52)
        #expect(text == "0004cpdXdQswrSvO9n4aEEFhRMOOHPZ5iYIWFIMDnvUUuD2PcuG5")
        #expect(Base62.encode((0..<38).map { UInt8($0) }, digits: 60) == "00000000" + text)
    }

    @Test func `base62 stops the process rather than cut a number`() async {
        await #expect(processExitsWith: .failure) {
            _ = Base62.encode(62, digits: 1)
        }
    }

    @Test func `the checksum of the nine digits is the check value of CRC-32`() {
        #expect(CRC32.checksum("123456789".utf8.span.bytes) == 0xcbf4_3926)
        #expect(CRC32.checksum("".utf8.span.bytes) == 0)
    }
}
