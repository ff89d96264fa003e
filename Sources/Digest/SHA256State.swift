/// The eight working words of SHA-256 and the function that folds a block into them.
///
/// The loops use unchecked pointers and wrapping operators throughout: every lookup token passes
/// through here, and checked indices cost several times as much, above all unoptimised.
struct SHA256State: Sendable {
    private var a: UInt32 = 0x6a09_e667
    private var b: UInt32 = 0xbb67_ae85
    private var c: UInt32 = 0x3c6e_f372
    private var d: UInt32 = 0xa54f_f53a
    private var e: UInt32 = 0x510e_527f
    private var f: UInt32 = 0x9b05_688c
    private var g: UInt32 = 0x1f83_d9ab
    private var h: UInt32 = 0x5be0_cd19

    /// Folds `blocks` blocks of 64 bytes, which may lie at any address, into the state.
    mutating func compress(_ start: UnsafeRawPointer, blocks: Int) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
            Self.constants.withUnsafeBufferPointer { constants in
                guard let words = schedule.baseAddress, let k = constants.baseAddress else {
                    return
                }
                var block = start
                var left = blocks
                while left > 0 {
                    Self.expand(block, into: words, adding: k)
                    fold(words)
                    block += SHA256.blockByteCount
                    left &-= 1
                }
            }
        }
    }

    /// Writes the words in big-endian order.
    func write(to target: UnsafeMutableRawBufferPointer) {
        precondition(target.count >= SHA256.byteCount, "A SHA-256 hash needs 32 bytes of room.")
        target.storeBytes(of: a.bigEndian, toByteOffset: 0, as: UInt32.self)
        target.storeBytes(of: b.bigEndian, toByteOffset: 4, as: UInt32.self)
        target.storeBytes(of: c.bigEndian, toByteOffset: 8, as: UInt32.self)
        target.storeBytes(of: d.bigEndian, toByteOffset: 12, as: UInt32.self)
        target.storeBytes(of: e.bigEndian, toByteOffset: 16, as: UInt32.self)
        target.storeBytes(of: f.bigEndian, toByteOffset: 20, as: UInt32.self)
        target.storeBytes(of: g.bigEndian, toByteOffset: 24, as: UInt32.self)
        target.storeBytes(of: h.bigEndian, toByteOffset: 28, as: UInt32.self)
    }

    /// The message schedule (FIPS 180-4 §6.2.2 step 1), with the round constants already added.
    private static func expand(
        _ block: UnsafeRawPointer,
        into words: UnsafeMutablePointer<UInt32>,
        adding k: UnsafePointer<UInt32>
    ) {
        var t = 0
        while t < 16 {
            words[t] = block.loadUnaligned(fromByteOffset: t &* 4, as: UInt32.self).bigEndian
            t &+= 1
        }
        while t < 64 {
            let x = words[t &- 15]
            let y = words[t &- 2]
            let s0 = ((x &>> 7) | (x &<< 25)) ^ ((x &>> 18) | (x &<< 14)) ^ (x &>> 3)
            let s1 = ((y &>> 17) | (y &<< 15)) ^ ((y &>> 19) | (y &<< 13)) ^ (y &>> 10)
            words[t] = s1 &+ words[t &- 7] &+ s0 &+ words[t &- 16]
            t &+= 1
        }
        t = 0
        while t < 64 {
            words[t] = words[t] &+ k[t]
            t &+= 1
        }
    }

    /// The 64 rounds (FIPS 180-4 §6.2.2 steps 2 to 4), eight at a time so that the words change
    /// their roles by position and are never moved.
    private mutating func fold(_ words: UnsafeMutablePointer<UInt32>) {
        let before = self
        var t = 0
        while t < 64 {
            Self.round(a, b, c, &d, e, f, g, &h, words[t])
            Self.round(h, a, b, &c, d, e, f, &g, words[t &+ 1])
            Self.round(g, h, a, &b, c, d, e, &f, words[t &+ 2])
            Self.round(f, g, h, &a, b, c, d, &e, words[t &+ 3])
            Self.round(e, f, g, &h, a, b, c, &d, words[t &+ 4])
            Self.round(d, e, f, &g, h, a, b, &c, words[t &+ 5])
            Self.round(c, d, e, &f, g, h, a, &b, words[t &+ 6])
            Self.round(b, c, d, &e, f, g, h, &a, words[t &+ 7])
            t &+= 8
        }
        a = a &+ before.a
        b = b &+ before.b
        c = c &+ before.c
        d = d &+ before.d
        e = e &+ before.e
        f = f &+ before.f
        g = g &+ before.g
        h = h &+ before.h
    }

    @inline(__always)
    private static func round(
        _ a: UInt32,
        _ b: UInt32,
        _ c: UInt32,
        _ d: inout UInt32,
        _ e: UInt32,
        _ f: UInt32,
        _ g: UInt32,
        _ h: inout UInt32,
        _ word: UInt32
    ) {
        let s1 =
            ((e &>> 6) | (e &<< 26)) ^ ((e &>> 11) | (e &<< 21)) ^ ((e &>> 25) | (e &<< 7))
        let choice = g ^ (e & (f ^ g))
        let t1 = h &+ s1 &+ choice &+ word
        let s0 =
            ((a &>> 2) | (a &<< 30)) ^ ((a &>> 13) | (a &<< 19)) ^ ((a &>> 22) | (a &<< 10))
        let majority = (a & b) | (c & (a | b))
        d = d &+ t1
        h = t1 &+ s0 &+ majority
    }

    /// The round constants of FIPS 180-4 §4.2.2.
    private static let constants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5,
        0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3,
        0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc,
        0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
        0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13,
        0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3,
        0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5,
        0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208,
        0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]
}
