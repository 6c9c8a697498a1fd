// Package plot draws charts of lines on logarithmic axes as SVG, for light and dark pages alike. It knows nothing of what the
// numbers mean.
package plot

import (
	"cmp"
	"fmt"
	"html"
	"io"
	"math"
	"slices"
	"strings"
)

// Point is where a line goes through. Both numbers are more than 0.
type Point struct{ X, Y float64 }

// Series is a line.
type Series struct {
	Name   string
	Points []Point
	Strong bool // the one that the chart is about
}

// Chart is a set of lines. The same name has the same colour in all charts of a picture.
type Chart struct {
	Title, X, Y string
	Lines       []Series
}

// The measures of a picture, in units of the SVG. Names of lines stand beside their ends.
const (
	width   = 860
	height  = 360 // of each chart
	left    = 84
	right   = 150
	top     = 44
	bottom  = 56
	spacing = 15 // of names
)

// colors are pairs for light and dark pages, told apart by people who see fewer colours as far as eight can be.
var colors = [][2]string{
	{"#0b5fd0", "#5aa9ff"},
	{"#5f6672", "#a6adb8"},
	{"#b8420a", "#ff9c5b"},
	{"#6f35c9", "#c29bff"},
	{"#0a7468", "#3fd0bd"},
	{"#b3175f", "#ff86b8"},
	{"#8a6100", "#e5be4a"},
	{"#3d7a16", "#93d45c"},
	{"#8b1a1a", "#ff8f8f"},
	{"#155e75", "#67d3f0"},
}

// picture collects the text of an SVG.
type picture struct {
	strings.Builder
	names []string // in the order of their colours
}

// Write draws charts one below the other.
func Write(out io.Writer, charts ...Chart) error {
	p := &picture{}
	for _, c := range charts {
		for _, s := range c.Lines {
			if !slices.Contains(p.names, s.Name) {
				p.names = append(p.names, s.Name)
			}
		}
	}
	p.head(len(charts))
	for i, c := range charts {
		p.chart(&c, i*height)
	}
	p.WriteString("</svg>\n")
	_, err := io.WriteString(out, p.String())
	return err
}

func (p *picture) head(charts int) {
	p.put(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" font-family="system-ui, sans-serif" font-size="12">`, width, charts*height, width)
	p.put("<style>")
	p.put("svg{--page:#fff;--ink:#1f2328;--faint:#59636e;--grid:#d8dee4}")
	var light, dark strings.Builder
	for i := range p.names {
		pair := colors[i%len(colors)]
		_, _ = fmt.Fprintf(&light, ".c%d{color:%s}", i, pair[0])
		_, _ = fmt.Fprintf(&dark, ".c%d{color:%s}", i, pair[1])
	}
	p.put("%s", light.String())
	p.put("@media(prefers-color-scheme:dark){svg{--page:#0d1117;--ink:#e6edf3;--faint:#9aa4b0;--grid:#30363d}%s}", dark.String())
	p.put("text{fill:var(--ink)} .axis{fill:var(--faint)} .grid{stroke:var(--grid)} .name{fill:currentColor}")
	p.put("polyline{fill:none;stroke:currentColor;stroke-width:1.5} .strong{stroke-width:3} circle{fill:currentColor} .lead{stroke:currentColor;opacity:.4}")
	p.put("</style>")
	p.put(`<rect width="100%%" height="100%%" style="fill:var(--page)"/>`)
}

func (p *picture) put(format string, args ...any) { _, _ = fmt.Fprintf(p, format+"\n", args...) }

// axis maps numbers to places by their logarithm.
type axis struct {
	low, high float64 // exponents of ten
	from, to  float64
}

func (a *axis) at(value float64) float64 {
	return a.from + (math.Log10(value)-a.low)/(a.high-a.low)*(a.to-a.from)
}

// newAxis covers all values. It begins at a power of ten or at two or five times one, and ends so.
func newAxis(values []float64, from, to float64) axis {
	low, high := slices.Min(values), slices.Max(values)
	a := axis{low: edge(low, math.Floor), high: edge(high, math.Ceil), from: from, to: to}
	if a.low == a.high {
		a.low, a.high = a.low-steps[1], a.high+steps[1]
	}
	return a
}

// steps are the exponents of 1, 2 and 5.
var steps = []float64{0, math.Log10(2), math.Log10(5), 1}

func edge(value float64, round func(float64) float64) float64 {
	exponent := math.Log10(value)
	whole := math.Floor(exponent)
	if round(0.5) == 0 { // downwards
		for _, s := range slices.Backward(steps) {
			if whole+s <= exponent+1e-9 {
				return whole + s
			}
		}
	}
	for _, s := range steps {
		if whole+s >= exponent-1e-9 {
			return whole + s
		}
	}
	return whole + 1
}

// ticks are the powers of ten within the axis and, where these are few, two and five times them.
func (a *axis) ticks() []float64 {
	between := steps[:1]
	if a.high-a.low < 3.2 {
		between = steps[:3]
	}
	var all []float64
	for e := math.Floor(a.low); e <= a.high; e++ {
		for _, s := range between {
			if e+s >= a.low-1e-9 && e+s <= a.high+1e-9 {
				all = append(all, math.Pow(10, e+s))
			}
		}
	}
	return all
}

func (p *picture) chart(c *Chart, y int) {
	var xs, ys []float64
	for _, s := range c.Lines {
		for _, point := range s.Points {
			xs, ys = append(xs, point.X), append(ys, point.Y)
		}
	}
	p.put(`<g transform="translate(0 %d)"><text x="%d" y="24" font-size="15" font-weight="600">%s</text>`, y, left, html.EscapeString(c.Title))
	if len(xs) == 0 {
		p.put(`<text x="%d" y="60">no figures</text></g>`, left)
		return
	}
	horizontal := newAxis(xs, left, width-right)
	vertical := newAxis(ys, height-bottom, top)
	for _, tick := range horizontal.ticks() {
		x := horizontal.at(tick)
		p.put(`<line class="grid" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/><text class="axis" x="%.1f" y="%d" text-anchor="middle">%s</text>`,
			x, x, top, height-bottom, x, height-bottom+18, number(tick))
	}
	for _, tick := range vertical.ticks() {
		y := vertical.at(tick)
		p.put(`<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text class="axis" x="%d" y="%.1f" text-anchor="end">%s</text>`,
			left, width-right, y, y, left-8, y+4, number(tick))
	}
	p.put(`<text class="axis" x="%d" y="%d" text-anchor="middle">%s</text>`, (left+width-right)/2, height-bottom+40, html.EscapeString(c.X))
	p.put(`<text class="axis" transform="translate(20 %d) rotate(-90)" text-anchor="middle">%s</text>`, (top+height-bottom)/2, html.EscapeString(c.Y))
	p.lines(c, &horizontal, &vertical)
	p.put("</g>")
}

// lines draws the lines, and their names beside their ends, moved apart where they would touch.
func (p *picture) lines(c *Chart, horizontal, vertical *axis) {
	lines := slices.Clone(c.Lines)
	slices.SortFunc(lines, func(a, b Series) int { return cmp.Compare(last(b).Y, last(a).Y) }) // from top to bottom
	places := make([]float64, len(lines))
	least := float64(top)
	for i, s := range lines {
		places[i] = max(least, vertical.at(last(s).Y))
		least = places[i] + spacing
	}
	most := float64(height - bottom)
	for i := range slices.Backward(places) {
		places[i] = min(places[i], most)
		most = places[i] - spacing
	}
	for i, s := range lines {
		var points strings.Builder
		var dots strings.Builder
		for _, point := range s.Points {
			x, y := horizontal.at(point.X), vertical.at(point.Y)
			_, _ = fmt.Fprintf(&points, "%.1f,%.1f ", x, y)
			_, _ = fmt.Fprintf(&dots, `<circle cx="%.1f" cy="%.1f" r="3"/>`, x, y)
		}
		class, weight := "", ""
		if s.Strong {
			class, weight = ` class="strong"`, ` font-weight="700"`
		}
		end := last(s)
		p.put(`<g class="c%d"><polyline%s points="%s"/>%s`, slices.Index(p.names, s.Name), class, strings.TrimSpace(points.String()), dots.String())
		p.put(`<line class="lead" x1="%.1f" x2="%d" y1="%.1f" y2="%.1f"/><text class="name" x="%d" y="%.1f"%s>%s</text></g>`,
			horizontal.at(end.X)+4, width-right+18, vertical.at(end.Y), places[i], width-right+22, places[i]+4, weight, html.EscapeString(s.Name))
	}
}

func last(s Series) Point { return s.Points[len(s.Points)-1] }

// number writes a number with commas between thousands.
func number(value float64) string {
	text := fmt.Sprintf("%.2g", value)
	if value >= 1 {
		text = fmt.Sprintf("%.0f", value)
		for i := len(text) - 3; i > 0; i -= 3 {
			text = text[:i] + "," + text[i:]
		}
	}
	return text
}
