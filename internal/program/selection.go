package program

// Selection is the value of the route selection expression for a message; empty for one that has none.
func (p *Program) Selection(body []byte) string {
	value, err := p.selection.Append(nil, body)
	if err != nil {
		return ""
	}
	return string(value)
}
