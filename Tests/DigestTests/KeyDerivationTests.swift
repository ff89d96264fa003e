import Digest
import JSON
import Testing

@Suite struct KeyDerivationTests {
    @Test func `every Wycheproof output of HKDF is derived, and longer ones are refused`() throws {
        let file = try Fixture.json("hkdf_sha256_test.json")
        var tested = (valid: 0, tooLong: 0)
        for group in file["testGroups"]?.array ?? [] {
            for test in group["tests"]?.array ?? [] {
                let keyMaterial = try #require(test.bytes("ikm"))
                let salt = try #require(test.bytes("salt"))
                let info = try #require(test.bytes("info"))
                let size = try #require(test["size"]?.int)
                guard test["result"] == "valid" else {
                    #expect(size > HKDF.outputByteCountMax)
                    tested.tooLong += 1
                    continue
                }
                let output = HKDF.derive(
                    from: keyMaterial,
                    salt: salt,
                    info: info,
                    byteCount: size
                )
                #expect(output == test.bytes("okm"), "\(test["tcId"] ?? nil)")
                tested.valid += 1
            }
        }
        #expect(tested.valid + tested.tooLong == 86)
        #expect(tested == (83, 3))
    }

    @Test func `HKDF stops the process rather than give more than RFC 5869 allows`() async {
        await #expect(processExitsWith: .failure) {
            _ = HKDF.derive(from: [1], salt: [2], info: [3], byteCount: 255 * 32 + 1)
        }
    }

    @Test(arguments: [
        // RFC 7914 §11.
        (
            "passwd", "salt", 1,
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
                + "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"
        ),
        // The messages of RFC 6070 with SHA-256, widely published, e.g. in Go's x/crypto.
        ("password", "salt", 1, "120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b"),
        ("password", "salt", 2, "ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43"),
        (
            "password", "salt", 4096,
            "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a"
        ),
        (
            "passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096,
            "348c89dbcbd32b2f32d814b8116e84cf2b17347ebc1800181c4e2a1fb8dd53e1c635518c7dac47e9"
        ),
        ("pass\0word", "sa\0lt", 4096, "89b69d0516f829893c696226650a8687"),
    ])
    func `PBKDF2 gives the published keys`(
        password: String,
        salt: String,
        iterations: Int,
        key: String
    ) {
        let derived = PBKDF2.derive(
            from: password.utf8,
            salt: salt.utf8,
            iterations: iterations,
            byteCount: key.count / 2
        )
        #expect(Hex.encode(derived) == key)
    }
}
