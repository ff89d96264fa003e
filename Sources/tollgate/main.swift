import Foundation

// What is made here holds keys of others: nobody but its owner may read it.
umask(0o077)
let isProved = await Demo { FileHandle.standardOutput.write(Data(($0 + "\n").utf8)) }.run()
exit(isProved ? 0 : 1)
