//  SimulatorError.swift · Simulator

/// Why a simulator cannot run.
package enum SimulatorError: Error, Hashable, CustomStringConvertible {
    case configuration(problem: String)
    case journal(path: String)

    package var description: String {
        switch self {
        case .configuration(let problem): problem
        case .journal(let path): "the journal \(path) cannot be written"
        }
    }
}
