extension Unicode.Scalar {
    /// Whether it could steer a terminal or turn its reading direction instead of being shown.
    package var isSteering: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
