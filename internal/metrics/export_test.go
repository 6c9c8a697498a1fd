package metrics

// SampleOnce is one look of [Metrics.Sample], for the benchmark.
func (m *Metrics) SampleOnce() { m.sample() }
