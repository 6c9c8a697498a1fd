package local

// Unpacked is where code is run from.
func Unpacked(a *App, code string) (string, error) { return a.unpacked(code) }
