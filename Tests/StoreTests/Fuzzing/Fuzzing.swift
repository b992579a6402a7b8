//  Fuzzing.swift · StoreTests
//
//  Where libFuzzer comes in, in the program that `make fuzz` builds. Tests use `Trial.run` alone.

#if EARSHOT_FUZZ
    typealias FuzzTarget = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
    typealias FuzzArguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    /// libFuzzer, given its command line and what to call with each input. Part of its library.
    @_silgen_name("LLVMFuzzerRunDriver")
    func runFuzzer(
        _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<FuzzArguments>,
        _ target: FuzzTarget
    ) -> CInt

    /// The program's `main`, under the name that the package manager links it by. libFuzzer's own
    /// would need that name.
    @_cdecl("fuzz_main")
    func fuzzMain(_ count: CInt, _ arguments: FuzzArguments) -> CInt {
        var (count, arguments) = (count, arguments)
        return runFuzzer(&count, &arguments) { start, count in
            do {
                try Trial.run([UInt8](UnsafeBufferPointer(start: start, count: count)))
            } catch {
                fatalError("\(error)")
            }
            return 0
        }
    }
#endif
